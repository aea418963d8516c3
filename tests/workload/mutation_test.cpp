// A good file, damaged at random: it is refused with its name, or what it holds agrees with its
// shape. Nothing else.
#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "models/workload/hugging_face.hpp"
#include "models/workload/npy.hpp"
#include "models/workload/safetensors.hpp"
#include "models/workload/trace.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

constexpr int kTrials = 2000;

std::uint64_t seed() {
  const char* set = std::getenv("WEFT_TEST_SEED");
  return set != nullptr ? std::strtoull(set, nullptr, 10) : 20240607;
}

class Damage {
 public:
  explicit Damage(std::uint64_t from) : random_(from) {}

  // One to three of: a flipped bit, another byte, a digit, a piece cut out, doubled or put in, the
  // end cut off. Half of them hit the first `header` bytes.
  std::string operator()(std::string bytes, std::size_t header) {
    for (std::uint64_t n = 1 + below(3); n > 0 && !bytes.empty(); --n) {
      const std::size_t reach = below(2) == 0 ? std::min(header, bytes.size()) : bytes.size();
      const std::size_t at = below(reach);
      const std::size_t length = std::min<std::size_t>(1 + below(12), bytes.size() - at);
      switch (below(7)) {
        case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8))); break;
        case 1: bytes[at] = static_cast<char>(below(256)); break;
        case 2: change_digit(bytes, at); break;
        case 3: bytes.erase(at, length); break;
        case 4: bytes.insert(at, bytes.substr(at, length)); break;
        case 5: bytes.insert(at, 1, "[]{}\",:-.e0 "[below(12)]); break;
        default: bytes.resize(at); break;
      }
    }
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  void change_digit(std::string& bytes, std::size_t at) {
    const auto digit = bytes.find_first_of("0123456789", at);
    if (digit != std::string::npos) bytes[digit] = "0123456789"[below(10)];
  }

  std::mt19937_64 random_;
};

// Calls `load`, which checks what it got; true when it was accepted.
template <class Load>
bool accepted(const std::string& file, Load load) {
  try {
    load();
    return true;
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find(file), std::string::npos) << error.what();
    return false;
  }
}

TEST(Mutation, Traces) {
  const std::vector<float> values(2 * 3 * 4, 0.75F);
  std::vector<TensorToWrite> tensors;
  for (const std::string name :
       {"layers.0.k", "layers.0.q", "layers.0.v", "layers.1.k", "layers.1.q", "layers.1.v"}) {
    tensors.push_back(
        {name, name.find('0') != std::string::npos ? Dtype::f32 : Dtype::bf16, {2, 3, 4}, values});
  }
  const std::string good = safetensors_bytes(tensors, {{"causal", "true"}, {"scale", "0.5"}});
  Damage damage(seed());
  int loaded = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE("seed " + std::to_string(seed()) + ", trial " + std::to_string(trial));
    loaded += accepted("damaged.safetensors", [&, bytes = damage(good, 600)] {
      const Trace got = parse_trace(Safetensors(bytes, "damaged.safetensors"));
      const Shape& s = got.shape;
      ASSERT_FALSE(got.layers.empty());
      for (const LayerTrace& layer : got.layers) {
        EXPECT_EQ(layer.q.size(),
                  static_cast<std::size_t>(s.batch * s.heads * s.seq_q * s.width_qk));
        EXPECT_EQ(layer.k.size(),
                  static_cast<std::size_t>(s.batch * s.kv_heads * s.seq_kv * s.width_qk));
        EXPECT_EQ(layer.v.size(),
                  static_cast<std::size_t>(s.batch * s.kv_heads * s.seq_kv * s.width_v));
      }
      EXPECT_TRUE(problems_of(s, {}).empty());
      EXPECT_GT(got.scale, 0);
    });
  }
  EXPECT_GT(loaded, 0) << "damage to values alone goes unnoticed, by design";
  EXPECT_GT(kTrials - loaded, kTrials / 2);
}

TEST(Mutation, Arrays) {
  const std::vector<std::int64_t> shape{3, 5};
  const std::string good = npy_bytes(shape, std::vector<float>(15, 0.75F));
  Damage damage(seed() + 1);
  int loaded = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE("seed " + std::to_string(seed()) + ", trial " + std::to_string(trial));
    loaded += accepted("damaged.npy", [&, bytes = damage(good, 70)] {
      const NpyArray got = parse_npy(bytes, "damaged.npy");
      std::int64_t count = 1;
      for (const std::int64_t extent : got.shape) count *= extent;
      EXPECT_EQ(got.values.size(), static_cast<std::size_t>(count));
    });
  }
  EXPECT_GT(loaded, 0);
  EXPECT_GT(kTrials - loaded, kTrials / 2);
}

TEST(Mutation, Configurations) {
  const std::string good =
      R"({"model_type": "llama", "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 8192,)"
      R"( "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8})";
  Damage damage(seed() + 2);
  int loaded = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    SCOPED_TRACE("seed " + std::to_string(seed()) + ", trial " + std::to_string(trial));
    loaded += accepted("damaged.json", [&, text = damage(good, good.size())] {
      const Workload got = parse_hugging_face(text, "damaged.json");
      EXPECT_TRUE(got.seq >= 1 && got.heads >= 1 && got.width_qk >= 1 && got.layers >= 1 &&
                  got.feed_forward_width >= 1);
    });
  }
  EXPECT_GT(loaded, 0);
  EXPECT_GT(kTrials - loaded, kTrials / 2);
}

}  // namespace
}  // namespace weft::workload
