// What the SpAtten engine makes of a response of memory that is not OKAY: the layer goes on to its
// end with what it was given, and its status tells, until another run is begun.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/common/error.hpp"
#include "sim/rtl/spatten_engine.hpp"

namespace weft::sim::rtl {
namespace {

constexpr std::uint64_t kSlaveError = 2;
constexpr std::uint64_t kDecodeError = 3;
constexpr std::uint64_t kTokens = 11, kHeads = 2, kQueries = 3, kWidth = 32;
constexpr std::uint64_t kBase = 0x2'0000'0000;

struct Host : SpattenHost {
  std::vector<float> outputs;
  void query(std::int64_t head, std::int64_t query, std::int64_t first,
             std::span<std::int16_t> elements) override {
    for (std::size_t e = 0; e < elements.size(); ++e) {
      const std::int64_t element = first + static_cast<std::int64_t>(e);
      elements[e] = static_cast<std::int16_t>((17 * element + 29 * query + 53 * head) % 401 - 200);
    }
  }
  void output(std::int64_t, std::int64_t, std::int64_t, std::span<const float> values) override {
    outputs.insert(outputs.end(), values.begin(), values.end());
  }
};

// One layer of an engine whose planes of keys, lower bits and values lie behind one another.
class Layer {
 public:
  explicit Layer(const SpattenScale& scale = kSpattenScales.front())
      : engine_(spatten_library(scale),
                {.dram = {.bandwidth_bytes_per_s = 32e9,
                          .latency_cycles = 20,
                          .outstanding = 16,
                          .burst_bytes = 32,
                          .bus_bytes = 32},
                 .clock_hz = 1e9,
                 .base = kBase,
                 .bytes = 3 * kPlaneBytes},
                host_) {
    std::uint8_t value = 0;
    for (std::uint8_t& byte : engine_.memory().bytes())
      byte = value = static_cast<std::uint8_t>(5 * value + 3);
    layer_.queries = kQueries;
    layer_.width_qk = layer_.width_v = kWidth;
    layer_.key_bits = 8;
    layer_.lower_bits = 4;
    layer_.threshold = 2;  // above every probability: all queries are computed again
    layer_.tokens = {.kept = kTokens / 2, .seed = 7};
    layer_.keys = plane(0);
    layer_.lower = plane(1);
    layer_.values = plane(2);
    for (std::uint64_t head = 0; head < kHeads; ++head)
      layer_.scales.push_back({.head = head, .whole = 0x1p-20F, .upper = 0x1p-16F, .out = 1});
  }

  // ContractError where the engine reports an error.
  void run() {
    host_.outputs.clear();
    engine_.begin_run(kTokens, kHeads);
    follow();
    run_layer();
  }
  void run_layer() {
    engine_.start(layer_);
    follow();
  }

  SpattenEngine& engine() { return engine_; }
  const std::vector<float>& outputs() const { return host_.outputs; }

 private:
  static constexpr std::uint64_t kPitch = kHeads * 64, kPlaneBytes = kTokens * kPitch;

  static SpattenPlane plane(std::uint64_t number) {
    return {.base = kBase + number * kPlaneBytes, .head_bytes = 64, .pitch = kPitch};
  }
  void follow() {
    while (!engine_.ready()) {
      engine_.step();
      ASSERT_LT(engine_.now(), 1'000'000);
    }
  }

  Host host_;
  SpattenEngine engine_;
  SpattenLayer layer_;
};

std::string said_by(Layer& layer, void (Layer::*what)() = &Layer::run) {
  try {
    (layer.*what)();
  } catch (const ContractError& error) {
    return error.what();
  }
  return "";
}

TEST(SpattenRtlErrors, AResponseThatIsNotOkayIsToldBehindTheLayer) {
  Layer undisturbed;
  undisturbed.run();
  const std::uint64_t reads = undisturbed.engine().accesses();
  const std::vector<float> outputs = undisturbed.outputs();
  const std::uint64_t cycles = undisturbed.engine().cycles();
  ASSERT_EQ(outputs.size(), kHeads * kQueries * kWidth);
  // Of 12-bit values 48 bytes a row, of 8-bit keys 32, of lower bits 16: 2, 1 and 1 accesses.
  ASSERT_EQ(reads, kHeads * kTokens * 4);
  EXPECT_EQ(undisturbed.engine().recomputed(), kHeads * kQueries);

  bool differs = false;
  for (const std::uint64_t response : {kSlaveError, kDecodeError}) {
    for (std::uint64_t read = 0; read < reads; read += read == 0 ? reads / 2 - 1 : reads / 2) {
      SCOPED_TRACE("response " + std::to_string(response) + " to read " + std::to_string(read));
      Layer layer;
      layer.engine().memory().refuse_read(read, response);
      EXPECT_NE(said_by(layer).find("the engine reports an error"), std::string::npos);
      EXPECT_EQ(layer.outputs().size(), outputs.size());  // the layer went on to its end
      differs |= layer.outputs() != outputs;
      // Another run begins without the error, and nothing of the one before.
      EXPECT_EQ(said_by(layer), "");
      EXPECT_EQ(layer.outputs(), outputs);
      EXPECT_EQ(layer.engine().cycles(), cycles);
      EXPECT_EQ(layer.engine().alive().tokens, undisturbed.engine().alive().tokens);
    }
  }
  EXPECT_TRUE(differs);  // what came with the response was taken
}

TEST(SpattenRtlErrors, TheNextLayersOfTheRunTellToo) {
  Layer layer;
  layer.engine().memory().refuse_read(0, kSlaveError);
  EXPECT_NE(said_by(layer), "");
  EXPECT_NE(said_by(layer, &Layer::run_layer), "");
  EXPECT_EQ(said_by(layer), "");
  EXPECT_EQ(said_by(layer, &Layer::run_layer), "");
}

// Nothing of the run before counts: what tokens and heads were worth there is not added to.
TEST(SpattenRtlRows, ASecondRunBeginsAnew) {
  Layer layer;
  layer.run();
  const SpattenAlive first = layer.engine().alive();
  ASSERT_EQ(first.head_importance.size(), kHeads);
  for (const float importance : first.head_importance) EXPECT_GT(importance, 0);
  layer.run_layer();  // another of the run does add
  EXPECT_GT(layer.engine().alive().head_importance.back(), first.head_importance.back());
  layer.run();
  EXPECT_EQ(layer.engine().alive().tokens, first.tokens);
  EXPECT_EQ(layer.engine().alive().token_importance, first.token_importance);
  EXPECT_EQ(layer.engine().alive().head_importance, first.head_importance);
}

// Rows of which none is the next one's neighbour, with anything between them: what accesses of two
// channels hold behind a row is nobody's.
TEST(SpattenRtlRows, ApartAreWhatTheyAreAtAnyScale) {
  Layer one;
  one.run();
  Layer two(*spatten_scale_of("spatten-rtl-double"));
  two.run();
  EXPECT_EQ(two.engine().memory().channels(), 2u);
  EXPECT_EQ(two.outputs(), one.outputs());
  EXPECT_EQ(two.engine().accesses(), one.engine().accesses());
  EXPECT_EQ(two.engine().alive().token_importance, one.engine().alive().token_importance);
}

}  // namespace
}  // namespace weft::sim::rtl
