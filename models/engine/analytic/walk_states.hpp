// The states that a walk has been in, relative to now, and the periods in which they recur.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace weft::engine {

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
  };
  Value value() const;

 private:
  std::array<std::uint64_t, 4> lanes_{0x8EBC6AF09C88C6E3u, 0x589965CC75374CC3u, 0x1D8E4E27C47D124Fu,
                                      0xEB44ACCAB455D165u};
  std::size_t count_ = 0;
};

class States {
 public:
  static constexpr std::size_t kMostStages = 8;
  using Places = std::array<std::int64_t, kMostStages>;

  // What happens between a state and its like.
  struct Period {
    std::int64_t cycles = 0;  // 0: not known yet
    Places moves{};           // iterations of the loop looked at, by stage
  };
  struct Seen {
    std::int64_t time = 0;
    std::int64_t where = 0;  // the loops outside
    Places places{};
    Period period;
  };

  // What is known of a state; `anew` where it has not been seen before.
  Seen& find(const StateHash::Value& hash, bool& anew);

 private:
  static constexpr std::size_t kFirst = 64;
  static constexpr std::size_t kMost = std::size_t{1} << 14;
  struct Place {
    StateHash::Value hash;
    std::size_t seen = 0;  // one more than its index; 0: empty
  };

  Place& place_of(const StateHash::Value& hash);

  std::vector<Place> table_;
  std::vector<Seen> seen_;
};

}  // namespace weft::engine
