// A fingerprint of a state, made word by word.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weft {

// Words of a state, mixed to 128 bits: two states of one hash are one state.
class StateHash {
 public:
  void word(std::int64_t value) {
    std::uint64_t& lane = lanes_[count_++ & 3u];
    lane = (lane ^ static_cast<std::uint64_t>(value)) * 0x9FB21C651E98DF25u;
    lane ^= lane >> 29;
  }
  // A time that no longer matters once it is past.
  void time(std::int64_t at, std::int64_t now) { word(at > now ? at - now : 0); }

  struct Value {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Value&) const = default;
    // For tables: neither half alone tells all states apart.
    std::uint64_t folded() const { return low ^ high; }
  };
  Value value() const;

 private:
  std::array<std::uint64_t, 4> lanes_{0x8EBC6AF09C88C6E3u, 0x589965CC75374CC3u, 0x1D8E4E27C47D124Fu,
                                      0xEB44ACCAB455D165u};
  std::size_t count_ = 0;
};

}  // namespace weft
