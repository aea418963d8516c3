// Kernels over tiles: the order and kind of every operation against plain loops, and tiles against
// the whole interpreter.
#include "models/einsum/kernel.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <iostream>

#include "models/einsum/graph.hpp"
#include "models/numerics/arithmetic.hpp"
#include "tests/einsum/cascades.hpp"

namespace weft::einsum {
namespace {

using test::random_tensor;
using test::shipped;
using test::with_einsums;

// An arithmetic in which every operation leaves a trace in the value: nothing commutes, nothing is
// associative.
struct Hashing {
  using Value = std::uint64_t;
  static Value mix(Value tag, Value a, Value b = 0, Value c = 0) {
    Value h = tag * 0x9E3779B97F4A7C15U;
    for (const Value v : {a, b, c}) h = (h ^ v) * 0xBF58476D1CE4E5B9U + (h >> 29);
    return h;
  }
  static Value load(double x) {
    return mix(1, static_cast<Value>(static_cast<std::int64_t>(std::max(x, -1e6))));
  }
  static Value add(Value a, Value b) { return mix(2, a, b); }
  static Value subtract(Value a, Value b) { return mix(3, a, b); }
  static Value multiply(Value a, Value b) { return mix(4, a, b); }
  static Value divide(Value a, Value b) { return mix(5, a, b); }
  static Value max(Value a, Value b) { return mix(6, a, b); }
  static Value min(Value a, Value b) { return mix(7, a, b); }
  static Value negate(Value a) { return mix(8, a); }
  static Value macc(Value a, Value b, Value c) { return mix(9, a, b, c); }
  static Value exp_scaled(Value x, double s) {
    return mix(10, x, static_cast<Value>(static_cast<std::int64_t>(s)));
  }
  Value store(Value x, int tensor) {
    ++stored;
    return mix(11, x, static_cast<Value>(tensor));
  }
  std::int64_t stored = 0;
};

// A cascade's tensors in memory, inputs numbered, all else untouched.
struct Memory {
  Memory(const Cascade& cascade, const Extents& extents) {
    for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
      std::vector<std::uint64_t>& values = data.emplace_back(
          static_cast<std::size_t>(tensor_elements(cascade, id, extents)), kUntouched);
      if (cascade.tensors[id].role != TensorRole::input) continue;
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = Hashing::mix(12, static_cast<std::uint64_t>(id), i);
    }
    for (auto& values : data) pointers.push_back(values.data());
  }
  static constexpr std::uint64_t kUntouched = 77;
  std::vector<std::vector<std::uint64_t>> data;
  std::vector<std::uint64_t*> pointers;
};

TEST(Kernel, ProductSumIsMaccsInAscendingOrder) {
  const Cascade cascade = shipped("matmul");
  for (const std::int64_t n : {1, 2, 7, 8, 9, 130, 300}) {
    const std::int64_t depth = 5, rows = 3;
    const Extents extents = resolve_extents(cascade, {{"K", depth}, {"M", rows}, {"N", n}});
    Memory memory(cascade, extents);
    Hashing arithmetic;
    Kernel<Hashing> kernel(cascade, 0, extents);
    kernel.run(whole_box(cascade, 0, extents), memory.pointers, {}, false, arithmetic);
    EXPECT_EQ(arithmetic.stored, rows * n);
    for (std::int64_t m = 0; m < rows; ++m) {
      for (std::int64_t i = 0; i < n; ++i) {
        std::uint64_t sum = Hashing::load(0);
        for (std::int64_t k = 0; k < depth; ++k)
          sum = Hashing::macc(memory.data[0][k * rows + m], memory.data[1][k * n + i], sum);
        ASSERT_EQ(memory.data[2][m * n + i], Hashing::mix(11, sum, 2)) << n << " " << m << " " << i;
      }
    }
  }
}

TEST(Kernel, AccumulatesOntoWhatIsStored) {
  const Cascade cascade = shipped("matmul");
  const Extents extents = resolve_extents(cascade, {{"K", 6}, {"M", 2}, {"N", 9}});
  Memory memory(cascade, extents);
  Hashing arithmetic;
  Kernel<Hashing> kernel(cascade, 0, extents);  // iterates m, n, k
  kernel.run({{0, 0, 0}, {2, 9, 4}}, memory.pointers, {}, false, arithmetic);
  kernel.run({{0, 0, 4}, {2, 9, 6}}, memory.pointers, {}, true, arithmetic);
  for (std::int64_t m = 0; m < 2; ++m) {
    for (std::int64_t n = 0; n < 9; ++n) {
      std::uint64_t sum = Hashing::load(0);
      for (std::int64_t k = 0; k < 6; ++k) {
        sum = Hashing::macc(memory.data[0][k * 2 + m], memory.data[1][k * 9 + n], sum);
        if (k == 3 || k == 5) sum = Hashing::mix(11, sum, 2);
      }
      ASSERT_EQ(memory.data[2][m * 9 + n], sum);
    }
  }
}

TEST(Kernel, WritesItsBoxAndNothingElse) {
  const Cascade cascade = shipped("matmul");
  const Extents extents = resolve_extents(cascade, {{"K", 2}, {"M", 4}, {"N", 10}});
  Memory memory(cascade, extents);
  Hashing arithmetic;
  Kernel<Hashing>(cascade, 0, extents)
      .run({{1, 3, 0}, {3, 8, 2}}, memory.pointers, {}, false, arithmetic);
  for (std::int64_t m = 0; m < 4; ++m) {
    for (std::int64_t n = 0; n < 10; ++n)
      EXPECT_EQ(memory.data[2][m * 10 + n] != Memory::kUntouched,
                m >= 1 && m < 3 && n >= 3 && n < 8);
  }
  arithmetic.stored = 0;
  Kernel<Hashing>(cascade, 0, extents)
      .run({{1, 3, 0}, {1, 8, 2}}, memory.pointers, {}, false, arithmetic);
  EXPECT_EQ(arithmetic.stored, 0);  // an empty box
}

TEST(Kernel, ScaledExponentAndMapInOrderWritten) {
  const Cascade cascade = with_einsums(
      "scalars: {s: 5}\n", "  - Z[e,m,p] = exp(s * (Q[e,p] - K[e,m])) / max(K[e,m], 2)\n");
  const Extents extents = resolve_extents(cascade, {{"E", 2}, {"M", 3}, {"P", 4}});
  Memory memory(cascade, extents);
  Hashing arithmetic;
  const std::vector<double> scalars{5};
  Kernel<Hashing>(cascade, 0, extents)
      .run(whole_box(cascade, 0, extents), memory.pointers, scalars, false, arithmetic);
  for (std::int64_t e = 0; e < 2; ++e) {
    for (std::int64_t m = 0; m < 3; ++m) {
      for (std::int64_t p = 0; p < 4; ++p) {
        const std::uint64_t q = memory.data[0][e * 4 + p], k = memory.data[1][e * 3 + m];
        const std::uint64_t value = Hashing::divide(Hashing::exp_scaled(Hashing::subtract(q, k), 5),
                                                    Hashing::max(k, Hashing::load(2)));
        ASSERT_EQ(memory.data[2][(e * 3 + m) * 4 + p], Hashing::mix(11, value, 2));
      }
    }
  }
}

TEST(Kernel, PaddingIsLeftOutAndMaskedPointsTakeTheOtherValue) {
  const Cascade cascade = shipped("attention-1pass-causal");
  const Extents extents =
      resolve_extents(cascade, {{"E", 3}, {"F", 1}, {"M", 7}, {"M0", 4}, {"P", 5}});
  Memory memory(cascade, extents);
  Hashing arithmetic;
  const std::vector<double> scalars{1};
  const TensorId bqk = cascade.tensor("BQK"), lm = cascade.tensor("LM");
  for (const EinsumId id : {0, 1})
    Kernel<Hashing>(cascade, id, extents)
        .run(whole_box(cascade, id, extents), memory.pointers, scalars, false, arithmetic);
  for (std::int64_t m = 0; m < 8; ++m) {
    for (std::int64_t p = 0; p < 5; ++p) {
      std::uint64_t expected = Hashing::load(0);
      for (std::int64_t e = 0; e < 3; ++e) {
        if (m < 7)
          expected = Hashing::macc(memory.data[0][e * 5 + p], memory.data[1][e * 7 + m], expected);
      }
      if (m > p + 7 - 5) expected = Hashing::load(-kInfinity);
      ASSERT_EQ(
          memory.data[bqk][m * 5 + p],
          m < 7 ? Hashing::mix(11, expected, static_cast<std::uint64_t>(bqk)) : Memory::kUntouched)
          << m << " " << p;
    }
  }
  for (std::int64_t m1 = 0; m1 < 2; ++m1) {
    for (std::int64_t p = 0; p < 5; ++p) {
      std::uint64_t expected = Hashing::load(-kInfinity);
      for (std::int64_t m = m1 * 4; m < std::min<std::int64_t>(m1 * 4 + 4, 7); ++m)
        expected = Hashing::max(expected, memory.data[bqk][m * 5 + p]);
      ASSERT_EQ(memory.data[lm][m1 * 5 + p],
                Hashing::mix(11, expected, static_cast<std::uint64_t>(lm)));
    }
  }
}

TEST(Kernel, WindowLimitsEachLaneByItself) {
  const Cascade cascade = test::sliding_window();
  const Extents extents =
      resolve_extents(cascade, {{"E", 1}, {"F", 2}, {"M", 10}, {"P", 9}, {"W", 4}});
  Memory memory(cascade, extents);
  Hashing arithmetic;
  const EinsumId av = cascade.einsum("AV");
  for (std::uint64_t& value : memory.data[cascade.tensor("A")])
    value = static_cast<std::uint64_t>(&value - memory.data[cascade.tensor("A")].data());
  Kernel<Hashing>(cascade, av, extents)
      .run(whole_box(cascade, av, extents), memory.pointers, {}, false, arithmetic);
  for (std::int64_t f = 0; f < 2; ++f) {
    for (std::int64_t p = 0; p < 9; ++p) {
      std::uint64_t sum = Hashing::load(0);
      for (std::int64_t w = 0; w < 4 && p + w < 10; ++w)
        sum = Hashing::macc(static_cast<std::uint64_t>(p * 4 + w), memory.data[2][f * 10 + p + w],
                            sum);
      ASSERT_EQ(memory.data[cascade.tensor("AV")][f * 9 + p],
                Hashing::mix(11, sum, static_cast<std::uint64_t>(cascade.tensor("AV"))))
          << f << " " << p;
    }
  }
}

// Every Einsum tile by tile, as an engine runs them: partitions one after another, queries and
// widths in tiles.
TEST(Kernel, TilesGiveWhatTheWholeInterpreterGives) {
  std::mt19937_64 random(11);
  std::int64_t compared = 0;
  for (const char* name : {"attention-1pass", "attention-1pass-causal"}) {
    const Cascade cascade = shipped(name);
    for (int trial = 0; trial < 20; ++trial) {
      const auto upto = [&](std::uint64_t most) {
        return static_cast<std::int64_t>(1 + random() % most);
      };
      const std::int64_t e = upto(9), f = upto(9), p = upto(40), m = p + upto(30),
                         p_tile = upto(17);
      const Extents extents =
          resolve_extents(cascade, {{"E", e}, {"F", f}, {"M", m}, {"P", p}, {"M0", upto(12)}});
      const std::map<std::string, DenseTensor> inputs{{"Q", random_tensor({e, p}, random)},
                                                      {"K", random_tensor({e, m}, random)},
                                                      {"V", random_tensor({f, m}, random)}};
      const auto whole = interpret(cascade, extents, inputs, {{"scale", 0.3}});
      numerics::DoubleArithmetic arithmetic;
      std::vector<std::vector<double>> data;
      std::vector<double*> pointers;
      std::vector<Kernel<numerics::DoubleArithmetic>> kernels;
      for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
        const auto given = inputs.find(cascade.tensors[id].name);
        data.push_back(
            given != inputs.end()
                ? given->second.data
                : std::vector<double>(
                      static_cast<std::size_t>(tensor_elements(cascade, id, extents)), 0));
        fill_initial(cascade, id, extents, data.back().data(), arithmetic);
      }
      pointers.reserve(data.size());
      kernels.reserve(cascade.einsums.size());
      for (auto& values : data) pointers.push_back(values.data());
      for (EinsumId id = 0; id < static_cast<EinsumId>(cascade.einsums.size()); ++id)
        kernels.emplace_back(cascade, id, extents);
      const RankId rank_p = cascade.rank("P"), rank_m1 = cascade.rank("M1");
      const std::vector<double> scalars{0.3};
      const auto run = [&](EinsumId id, std::int64_t p0, std::int64_t m1) {
        Box box = whole_box(cascade, id, extents);
        for (std::size_t v = 0; v < box.begin.size(); ++v) {
          const RankId rank = cascade.einsums[id].iteration[v];
          if (rank == rank_p) box.begin[v] = p0, box.end[v] = std::min(p, p0 + p_tile);
          if (rank == rank_m1) box.begin[v] = m1, box.end[v] = m1 + 1;
        }
        kernels[id].run(box, pointers, scalars, false, arithmetic);
      };
      const EinsumId last = cascade.einsum("AV");
      for (std::int64_t p0 = 0; p0 < p; p0 += p_tile) {
        for (std::int64_t m1 = 0; m1 < extents[rank_m1]; ++m1) {
          for (EinsumId id = 0; id < last; ++id) run(id, p0, m1);
        }
        run(last, p0, 0);
      }
      for (std::size_t id = 0; id < data.size(); ++id) {
        const std::vector<double>& expected = whole.at(cascade.tensors[id].name).data;
        ASSERT_EQ(data[id], expected) << name << " " << cascade.tensors[id].name;
        compared += static_cast<std::int64_t>(expected.size());
      }
    }
  }
  EXPECT_GT(compared, 10000);
}

TEST(Kernel, RefusesABoxOutsideTheIterationSpace) {
  const Cascade cascade = shipped("matmul");
  const Extents extents = resolve_extents(cascade, {{"K", 2}, {"M", 2}, {"N", 2}});
  Memory memory(cascade, extents);
  Hashing arithmetic;
  Kernel<Hashing> kernel(cascade, 0, extents);
  EXPECT_THROW(kernel.run({{0, 0, 0}, {2, 3, 2}}, memory.pointers, {}, false, arithmetic),
               ContractError);
  EXPECT_THROW(kernel.run({{0, 0}, {2, 2}}, memory.pointers, {}, false, arithmetic), ContractError);
}

// bf16 products summed in fp32 by the cheaper macc, where both tensors are bf16.
struct NarrowBf16 : numerics::Bf16Arithmetic {
  explicit NarrowBf16(std::vector<numerics::Format> formats)
      : Bf16Arithmetic(formats), formats_of(std::move(formats)) {}
  bool is_narrow(int tensor) const {
    return formats_of[static_cast<std::size_t>(tensor)] == numerics::Format::bf16;
  }
  float macc_narrow(float a, float b, float c) const {
    used = true;
    return numerics::macc_bf16(a, b, c);
  }
  std::vector<numerics::Format> formats_of;
  mutable bool used = false;
};

TEST(Kernel, NarrowMaccGivesTheSameBitsAndOnlyWhereBothAreNarrow) {
  const Cascade cascade = shipped("matmul");
  const Extents extents = resolve_extents(cascade, {{"K", 50}, {"M", 3}, {"N", 21}});
  std::mt19937_64 random(5);
  for (const bool narrow : {true, false}) {
    std::vector<numerics::Format> formats(3, numerics::Format::fp32);
    formats[0] = numerics::Format::bf16;
    if (narrow) formats[1] = numerics::Format::bf16;
    std::array<std::vector<float>, 2> results;
    std::array<std::vector<float>, 2> operands;
    for (const TensorId id : {0, 1}) {
      for (const double x : random_tensor(tensor_shape(cascade, id, extents), random).data)
        operands[id].push_back(numerics::round_to(formats[id], static_cast<float>(x)));
    }
    NarrowBf16 cheap(formats);
    numerics::Bf16Arithmetic plain(formats);
    for (int which = 0; which < 2; ++which) {
      results[which].assign(63, 0);
      const std::vector<float*> pointers{operands[0].data(), operands[1].data(),
                                         results[which].data()};
      if (which == 0)
        Kernel<NarrowBf16>(cascade, 0, extents)
            .run(whole_box(cascade, 0, extents), pointers, {}, false, cheap);
      if (which == 1)
        Kernel<numerics::Bf16Arithmetic>(cascade, 0, extents)
            .run(whole_box(cascade, 0, extents), pointers, {}, false, plain);
    }
    EXPECT_EQ(results[0], results[1]);
    EXPECT_EQ(cheap.used, narrow);
  }
}

// Any bits that a tensor may hold: numbers of every exponent, zeros, infinities, the one NaN.
float any_value(std::mt19937_64& random, numerics::Format format) {
  const auto bits = static_cast<std::uint32_t>(random());
  switch (random() % 16) {
    case 0: return numerics::round_to(format, numerics::float_of(bits));
    case 1: return numerics::float_of(0x7F800000u | (bits & 0x80000000u));
    case 2: return numerics::canonical_nan();
    case 3: return numerics::float_of(bits & 0x80000000u);
    case 4:
      return numerics::round_to(
          format, numerics::float_of((bits & 0x80FFFFFFu) | 0x00800000u));  // near the subnormals
    default:
      return numerics::round_to(format, numerics::float_of((bits & 0x83FFFFFFu) | 0x3C000000u));
  }
}

// Two paths through every Einsum of the shipped cascades, one of them compiled for a wider
// processor: the same bits.
TEST(Kernel, TheWidePathGivesTheSameBits) {
  if (!wide_path()) GTEST_SKIP() << "this processor has one path";
  std::mt19937_64 random(17);
  std::int64_t compared = 0;
  for (const char* name :
       {"attention-1pass-causal", "attention-2pass", "attention-3pass", "matmul"}) {
    const Cascade cascade = shipped(name);
    std::map<std::string, std::int64_t> sizes{
        {"E", 19}, {"F", 21}, {"M", 45}, {"P", 101}, {"M0", 8}};
    if (std::string(name) == "matmul") sizes = {{"K", 33}, {"M", 15}, {"N", 101}};
    if (std::string(name) == "attention-3pass") sizes.erase("M0");
    const Extents extents = resolve_extents(cascade, sizes);
    for (const auto method : {numerics::ExpMethod::maccs, numerics::ExpMethod::segments}) {
      std::vector<numerics::Format> formats;
      std::vector<std::vector<float>> data;
      for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id) {
        formats.push_back(random() % 2 == 0 ? numerics::Format::bf16 : numerics::Format::fp32);
        std::vector<float>& values =
            data.emplace_back(static_cast<std::size_t>(tensor_elements(cascade, id, extents)));
        for (float& value : values) value = any_value(random, formats.back());
      }
      numerics::Bf16Arithmetic arithmetic(formats, method);
      const std::vector<double> scalars(cascade.scalars.size(), 0.37);
      for (EinsumId e = 0; e < static_cast<EinsumId>(cascade.einsums.size()); ++e) {
        std::array<std::vector<float>, 2> results;
        const auto written = static_cast<std::size_t>(cascade.einsums[e].outputs[0].tensor);
        for (const bool wide : {false, true}) {
          std::vector<std::vector<float>> own = data;
          std::vector<float*> pointers;
          for (auto& values : own) pointers.push_back(values.data());
          Kernel<numerics::Bf16Arithmetic>(cascade, e, extents, {}, wide)
              .run(whole_box(cascade, e, extents), pointers, scalars, true, arithmetic);
          results[wide ? 1 : 0] = own[written];
        }
        for (std::size_t i = 0; i < results[0].size(); ++i, ++compared)
          ASSERT_EQ(numerics::bits_of(results[0][i]), numerics::bits_of(results[1][i]))
              << name << " Einsum " << e << " at " << i;
      }
    }
  }
  EXPECT_GT(compared, 100'000);
}

// Best of three runs, in nanoseconds of processor time a point.
template <class A>
double nanoseconds(const Cascade& cascade, const std::string& name, const Extents& extents,
                   std::span<float* const> pointers, A& arithmetic) {
  const EinsumId id = cascade.einsum(name);
  Kernel<A> kernel(cascade, id, extents);
  const Box box = whole_box(cascade, id, extents);
  const std::vector<double> scalars{0.125};
  double points = 1;
  for (const std::int64_t end : box.end) points *= static_cast<double>(end);
  double best = kInfinity;
  for (int run = 0; run < 3; ++run) {
    const std::clock_t start = std::clock();
    kernel.run(box, pointers, scalars, false, arithmetic);
    best =
        std::min(best, static_cast<double>(std::clock() - start) * 1e9 / CLOCKS_PER_SEC / points);
  }
  return best;
}

// The speed is told, not judged: it depends on the machine. The values are judged.
TEST(Kernel, OneFullTileAndItsSpeed) {
  const Cascade cascade = shipped("attention-1pass");
  const Extents extents =
      resolve_extents(cascade, {{"E", 64}, {"F", 64}, {"M", 256}, {"M0", 256}, {"P", 256}});
  std::vector<std::vector<float>> data;
  std::vector<float*> pointers;
  data.reserve(cascade.tensors.size());
  pointers.reserve(cascade.tensors.size());
  for (TensorId id = 0; id < static_cast<TensorId>(cascade.tensors.size()); ++id)
    data.emplace_back(static_cast<std::size_t>(tensor_elements(cascade, id, extents)), 0.5F);
  for (auto& values : data) pointers.push_back(values.data());
  const std::vector<numerics::Format> formats(data.size(), numerics::Format::bf16);
  numerics::Bf16Arithmetic plain(formats);
  NarrowBf16 narrow(formats);
  for (const char* name : {"BQK", "LM", "SLN", "SLD", "SLNV"}) {
    const double slow = nanoseconds(cascade, name, extents, pointers, plain);
    std::cout << name << ": " << slow << " ns a point, narrow "
              << nanoseconds(cascade, name, extents, pointers, narrow) << "\n";
  }
  EXPECT_EQ(data[cascade.tensor("BQK")][65535], 16.0F);  // 64 · 0.5 · 0.5
  EXPECT_EQ(data[cascade.tensor("LM")][255], 16.0F);
}

}  // namespace
}  // namespace weft::einsum
