// The memory behind weft_fetcher's bench: an AXI slave that stalls every channel and orders reads
// and writes against each other as it likes, but each in order.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <vector>

#include "tests/common/rtl_bench.hpp"

namespace weft::test {

// What memory holds where nothing was written: no two bytes near each other are alike.
inline std::uint8_t byte_at(std::uint64_t address) {
  std::uint64_t x = (address + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 29)) * 0x94D049BB133111EBu;
  return static_cast<std::uint8_t>(x >> 37);
}

// How AW and W depend on each other in the slave. All three are legal.
enum class WriteStyle { independent, data_first, address_first };

class FetcherSlave {
 public:
  FetcherSlave(std::uint64_t beat_bytes, Stalls stalls, WriteStyle style, std::uint64_t most_delay,
               std::uint64_t seed)
      : beat_bytes_(beat_bytes),
        style_(style),
        most_delay_(most_delay),
        random_(seed),
        ar_(Pauses::of_sink(stalls, random_())),
        aw_(Pauses::of_sink(stalls, random_())),
        w_(Pauses::of_sink(stalls, random_())),
        r_(Pauses::of_source(stalls, random_())),
        b_(Pauses::of_source(stalls, random_())) {}

  // A cycle begins: which responses are presented in it, and which requests could be taken.
  void begin(std::uint64_t now) {
    ar_ready = !ar_.next();
    aw_wish_ = !aw_.next();
    w_wish_ = !w_.next();
    r_valid = !reads_.empty() && reads_.front().ready <= now && !r_.next();
    if (b_ready_.size() < written_ && b_ready_.size() < writes_.size())
      b_ready_.push_back(now + random_() % (most_delay_ + 1));
    b_valid = answered_ < b_ready_.size() && b_ready_[answered_] <= now && !b_.next();
    r_resp = r_valid && random_() % 16 == 0 ? static_cast<int>(1 + random_() % 3) : 0;
    b_resp = b_valid && random_() % 16 == 0 ? static_cast<int>(1 + random_() % 3) : 0;
  }
  // What the master presents on W may decide whether AW is taken.
  bool aw_ready(bool w_valid) const {
    if (style_ != WriteStyle::data_first) return aw_wish_;
    return aw_wish_ && (bursts_ > writes_.size() ||
                        (bursts_ == writes_.size() && (w_valid || !burst_.empty())));
  }
  bool w_ready() const {
    return style_ == WriteStyle::address_first ? w_wish_ && bursts_ < writes_.size() : w_wish_;
  }

  std::uint8_t r_byte(std::uint64_t i) const { return byte_at(reads_.front().address + i); }
  bool r_last() const { return r_valid && reads_.front().beats == 1; }

  void take_r() {
    reads_.front().address += beat_bytes_;
    if (--reads_.front().beats == 0) reads_.pop_front();
  }
  void take_b() { ++answered_; }
  void take_ar(std::uint64_t now, std::uint64_t address, std::uint64_t beats) {
    reads_.push_back({address, beats, now + 1 + random_() % (most_delay_ + 1)});
  }
  void take_aw(std::uint64_t address, std::uint64_t beats) {
    writes_.push_back({address, beats, 0});
  }
  void take_w(const std::vector<std::uint8_t>& beat, bool last) {
    burst_.push_back(beat);
    if (!last) return;
    data_.push_back(burst_);
    burst_.clear();
    ++bursts_;
  }
  // A cycle ends: bursts of which both address and data are in go to memory.
  void end() {
    while (written_ < writes_.size() && written_ < bursts_) {
      const Request& request = writes_[written_];
      const auto& beats = data_[written_];
      EXPECT_EQ(beats.size(), request.beats) << "wlast of burst " << written_;
      for (std::size_t beat = 0; beat < beats.size(); ++beat) {
        for (std::size_t i = 0; i < beat_bytes_; ++i)
          memory[request.address + beat * beat_bytes_ + i] = beats[beat][i];
      }
      ++written_;
    }
  }
  bool w_before_aw() const { return bursts_ + (burst_.empty() ? 0 : 1) > writes_.size(); }

  bool ar_ready = false;
  bool r_valid = false;
  bool b_valid = false;
  int r_resp = 0;
  int b_resp = 0;
  std::map<std::uint64_t, std::uint8_t> memory;  // what was written

 private:
  struct Request {
    std::uint64_t address, beats, ready;
  };

  std::uint64_t beat_bytes_;
  WriteStyle style_;
  std::uint64_t most_delay_;
  std::mt19937_64 random_;
  Pauses ar_, aw_, w_, r_, b_;
  bool aw_wish_ = false;
  bool w_wish_ = false;
  std::deque<Request> reads_;
  std::vector<Request> writes_;
  std::vector<std::vector<std::vector<std::uint8_t>>> data_;  // of each write burst, its beats
  std::vector<std::vector<std::uint8_t>> burst_;              // the one that is coming in
  std::vector<std::uint64_t> b_ready_;
  std::size_t bursts_ = 0;    // complete on W
  std::size_t written_ = 0;   // to memory
  std::size_t answered_ = 0;  // on B
};

}  // namespace weft::test
