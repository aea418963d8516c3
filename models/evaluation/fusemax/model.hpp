// What the published evaluation is over: models, lengths and the platform that all designs share.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace weft::evaluation {

// An encoder. Keys and values of a head have the same width (E = F).
struct Model {
  std::int64_t model_width = 0;   // D
  std::int64_t heads = 0;         // H
  std::int64_t width = 0;         // E = F
  std::int64_t feed_forward = 0;  // S
  bool operator==(const Model&) const = default;
};

struct NamedModel {
  const char* name;  // as in the published tables
  Model model;
};

inline constexpr std::array<NamedModel, 4> kPublishedModels{{
    {"BERT", {.model_width = 768, .heads = 12, .width = 64, .feed_forward = 3072}},
    {"TrXL", {.model_width = 1024, .heads = 16, .width = 64, .feed_forward = 4096}},
    {"T5", {.model_width = 512, .heads = 8, .width = 64, .feed_forward = 2048}},
    {"XLM", {.model_width = 2048, .heads = 16, .width = 128, .feed_forward = 8192}},
}};

// The lengths of the published means: 1K, 4K, 16K, 64K, 256K, 1M.
inline constexpr std::array<std::int64_t, 6> kPublishedLengths{1 << 10, 1 << 12, 1 << 14,
                                                               1 << 16, 1 << 18, 1 << 20};

inline constexpr std::int64_t kBatch = 64;
inline constexpr std::int64_t kSide = 256;  // of the 2D array, and lanes of the 1D array
inline constexpr double kClockHz = 940e6;
inline constexpr double kBytesPerSecond = 400.0 * (1 << 30);
inline constexpr std::int64_t kWordBytes = 2;
inline constexpr std::int64_t kBufferRowWords = 256;
inline constexpr std::int64_t kFuseMaxBufferBytes = std::int64_t{16} << 20;
inline constexpr std::int64_t kFlatBufferBytes = std::int64_t{32} << 20;

// One of the published models by name; ConfigError with the names there are.
const Model& published_model(const std::string& name);

}  // namespace weft::evaluation
