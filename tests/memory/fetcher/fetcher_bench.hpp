// weft_fetcher under a clock, with a model of it that says every output of every cycle from the
// page's rules.
#pragma once

#include <bit>
#include <deque>
#include <optional>
#include <stdexcept>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"
#include "tests/memory/fetcher/fetcher_slave.hpp"

namespace weft::test {

enum FetcherBin : std::size_t {
  kLimit,
  kArStalled,
  kAwStalled,
  kWStalled,
  kShortFirst,
  kShortLast,
  kOneBeat,
  kFull,
  kDoneByRead,
  kDoneByWrite,
  kDoneLate,
  kBothEnd,
  kWBeforeAw,
  kReadAfterWrite,
  kWriteAfterRead,
  kNoGap,
  kError,
  kFullRate,
  kFetcherBins
};
inline std::vector<std::string> fetcher_bin_names() {
  return {"as many requests under way as may be",
          "AR stalled",
          "AW stalled",
          "W stalled",
          "a first burst up to its boundary",
          "a last burst short of its boundary",
          "a transfer of one beat",
          "as many transfers as may be",
          "done by a read",
          "done by a write",
          "a younger transfer answered first",
          "last read and write responses in one cycle",
          "W before its AW",
          "AR in the cycle after AW",
          "AW in the cycle after AR",
          "two transfers' requests in a row",
          "a response that is not OKAY",
          "a beat written in each of 8 cycles"};
}

template <class V>
class FetcherBench {
 public:
  struct Transfer {
    int target = 0;  // 3 is written
    bool slot = false;
    std::uint64_t address = 0;
    std::uint64_t beats = 1;
  };

  FetcherBench(Stalls stalls, WriteStyle style, std::uint64_t most_delay, std::uint64_t seed)
      : bins(fetcher_bin_names()),
        slave(V::kBeatBytes, stalls, style, most_delay, seed),
        random_(seed),
        dut_(seed) {
    dut_->transfer_valid_i = 0;
    dut_->clear_i = 0;
    dut_->axi_rvalid_i = 0;
    dut_->axi_bvalid_i = 0;
    pulse_reset(dut_);
  }

  bool has_room() const { return transfers_.size() - done_ < V::kTransfers; }
  bool idle() const { return transfers_.size() == done_; }

  // One cycle, in which `offered` is taken; every output is compared.
  void cycle(const std::optional<Transfer>& offered, bool clear = false) {
    slave.begin(now);
    drive(offered, clear);
    dut_.settle();
    dut_->axi_awready_i = slave.aw_ready(dut_->axi_wvalid_o);
    dut_->axi_wready_i = slave.w_ready();
    dut_.settle();
    check_requests();
    check_data(offered);
    check_write();
    check_counters();
    step_write();
    step_responses();
    step_requests();
    if (offered) take(*offered);
    if (clear) read_requests_ = write_requests_ = bytes_read_ = bytes_written_ = 0;
    slave.end();
    dut_.tick();
    dut_.settle();
    ++now;
  }

  // All that was written is in memory, and nothing else.
  void expect_written() {
    EXPECT_EQ(slave.memory.size(), all_written_.size());
    EXPECT_TRUE(slave.memory == all_written_);
  }

  std::uint64_t now = 0;
  Bins bins;
  FetcherSlave slave;
  std::uint64_t compared = 0;              // outputs with a payload
  std::vector<std::uint64_t> requests_at;  // cycles of handshakes on AR and AW
  std::vector<std::uint64_t> drains_at, w_at, done_at;
  Bench<typename V::Model>& dut() { return dut_; }

 private:
  struct Request {
    std::uint64_t address, beats;
    std::size_t transfer;
  };
  struct Active : Transfer {
    std::uint64_t taken = 0;
    std::uint64_t filled = 0;     // beats read
    std::uint64_t responses = 0;  // still to come
  };
  struct Beat {
    std::uint64_t drained;  // in this cycle
    std::vector<std::uint8_t> bytes;
    bool last;
  };

  void drive(const std::optional<Transfer>& offered, bool clear) {
    const Transfer garbage{static_cast<int>(random_() % 4), random_() % 2 == 0, random_(), 0};
    const Transfer& t = offered ? *offered : garbage;
    dut_->transfer_valid_i = offered.has_value();
    set_port_bits(dut_->transfer_i, 0, 24, t.beats * V::kBeatBytes);
    set_port_bits(dut_->transfer_i, 24, 64, t.address);
    set_port_bits(dut_->transfer_i, 88, 1, t.slot ? 1 : 0);
    set_port_bits(dut_->transfer_i, 89, 2, static_cast<std::uint64_t>(t.target));
    dut_->clear_i = clear;
    dut_->axi_arready_i = slave.ar_ready;
    dut_->axi_awready_i = 0;
    dut_->axi_rvalid_i = slave.r_valid;
    const bool last = slave.r_last() || (!slave.r_valid && random_() % 2 == 0);
    const auto id = [&](bool valid) {  // anything while nothing is valid
      return valid ? V::kId : static_cast<unsigned>(random_() % 16);
    };
    dut_->axi_r_i = static_cast<CData>(id(slave.r_valid) << 3 |
                                       static_cast<unsigned>(slave.r_resp) << 1 | (last ? 1u : 0u));
    dut_->axi_bvalid_i = slave.b_valid;
    dut_->axi_b_i =
        static_cast<CData>(id(slave.b_valid) << 2 | static_cast<unsigned>(slave.b_resp));
    for (std::uint64_t i = 0; i < V::kBeatBytes; ++i) {
      set_port_bits(dut_->axi_rdata_i, 8 * i, 8, slave.r_valid ? slave.r_byte(i) : random_());
      set_port_bits(dut_->drain_data_i, 8 * i, 8,
                    answer_.empty() ? random_() : answer_[i]);  // held for one cycle alone
    }
  }

  void check_requests() {
    ASSERT_EQ(dut_->transfer_ready_o, has_room());
    const bool room = under_way_ < V::kOutstanding;
    const bool any = !requests_.empty() && room;
    const bool write = any && transfers_[requests_.front().transfer].target == 3;
    bins.hit(kLimit, !room);
    bins.hit(kFull, !has_room());
    ASSERT_EQ(dut_->axi_arvalid_o, any && !write) << "cycle " << now;
    ASSERT_EQ(dut_->axi_awvalid_o, any && write) << "cycle " << now;
    if (!any) return;
    const Request& next = requests_.front();
    const std::uint64_t size = static_cast<std::uint64_t>(std::countr_zero(V::kBeatBytes));
    // As weft_axi_pkg::ax_t packs them, from the lowest bit up.
    std::size_t at = 0;
    const auto field = [&](std::size_t bits) {
      at += bits;
      return write ? port_bits(dut_->axi_aw_o, at - bits, bits)
                   : port_bits(dut_->axi_ar_o, at - bits, bits);
    };
    ASSERT_EQ(field(8), 0u) << "region, qos";
    ASSERT_EQ(field(3), 0u) << "prot: data, secure, unprivileged";
    ASSERT_EQ(field(4), 3u) << "cache: bufferable";
    ASSERT_EQ(field(1), 0u) << "lock";
    ASSERT_EQ(field(2), 1u) << "burst: INCR";
    ASSERT_EQ(field(3), size);
    ASSERT_EQ(field(8), next.beats - 1);
    ASSERT_EQ(field(64), next.address);
    ASSERT_EQ(field(4), V::kId);
    ASSERT_LE(next.address % 4096 + next.beats * V::kBeatBytes, 4096u);
    ++compared;
  }

  void check_data(const std::optional<Transfer>&) {
    ASSERT_EQ(dut_->axi_rready_o, 1);
    ASSERT_EQ(dut_->axi_bready_o, 1);
    ASSERT_EQ(dut_->error_o, slave.r_resp != 0 || slave.b_resp != 0);
    ASSERT_EQ(dut_->fill_valid_o, slave.r_valid);
    bins.hit(kError, slave.r_resp != 0 || slave.b_resp != 0);
    if (!slave.r_valid) return;
    const Active& t = transfers_[oldest_read()];
    ASSERT_EQ(dut_->fill_target_o, t.target);
    ASSERT_EQ(dut_->fill_slot_o, t.slot);
    ASSERT_EQ(dut_->fill_beat_o, t.filled);
    for (std::uint64_t i = 0; i < V::kBeatBytes; ++i) {
      ASSERT_EQ(port_bits(dut_->fill_data_o, 8 * i, 8),
                byte_at(t.address + t.filled * V::kBeatBytes + i));
    }
    ++compared;
  }

  // A beat is asked for if its transfer is DRAIN_DELAY old, its AW was presented in an earlier
  // cycle, and fewer than three beats are on their way to W; it is on W two cycles later.
  void check_write() {
    const bool drains = !to_drain_.empty() &&
                        now >= transfers_[to_drain_.front().transfer].taken + V::kDrainDelay &&
                        may_drain_ > 0 && staged_.size() < 3;
    ASSERT_EQ(dut_->drain_read_o, drains) << "cycle " << now;
    if (drains) {
      ASSERT_EQ(dut_->drain_slot_o, transfers_[to_drain_.front().transfer].slot);
      ASSERT_EQ(dut_->drain_beat_o, to_drain_.front().beat);
      ++compared;
    }
    const bool shows = !staged_.empty() && staged_.front().drained + 2 <= now;
    ASSERT_EQ(dut_->axi_wvalid_o, shows) << "cycle " << now;
    if (!shows) return;
    ASSERT_EQ(dut_->axi_w_o, staged_.front().last);
    ASSERT_EQ(dut_->axi_wstrb_o, low_bits(V::kBeatBytes));
    for (std::uint64_t i = 0; i < V::kBeatBytes; ++i)
      ASSERT_EQ(port_bits(dut_->axi_wdata_o, 8 * i, 8), staged_.front().bytes[i]);
    ++compared;
  }

  void check_counters() {
    ASSERT_EQ(dut_->read_requests_o, read_requests_);
    ASSERT_EQ(dut_->write_requests_o, write_requests_);
    ASSERT_EQ(dut_->bytes_read_o, bytes_read_);
    ASSERT_EQ(dut_->bytes_written_o, bytes_written_);
  }

  void step_write() {
    if (dut_->axi_wvalid_o) bins.hit(kWStalled, !slave.w_ready());
    if (dut_->axi_wvalid_o && slave.w_ready()) {
      slave.take_w(staged_.front().bytes, staged_.front().last);
      staged_.pop_front();
      w_at.push_back(now);
      bins.hit(kFullRate, w_at.size() >= 8 && w_at[w_at.size() - 8] + 7 == now);
    }
    answer_.clear();
    if (!dut_->drain_read_o) return;
    drains_at.push_back(now);
    const Drain& drain = to_drain_.front();
    const Active& t = transfers_[drain.transfer];
    for (std::uint64_t i = 0; i < V::kBeatBytes; ++i) {
      answer_.push_back(static_cast<std::uint8_t>(random_()));
      all_written_[t.address + drain.beat * V::kBeatBytes + i] = answer_.back();
    }
    staged_.push_back({now, answer_, drain.last});
    to_drain_.pop_front();
    --may_drain_;
  }

  void step_responses() {
    std::size_t ended = 0;
    std::optional<std::size_t> by_read, by_write;
    if (slave.r_valid) {
      const std::size_t oldest = oldest_read();
      ++transfers_[oldest].filled;
      if (slave.r_last()) {
        ++ended;
        if (--transfers_[oldest].responses == 0) by_read = oldest;
      }
      slave.take_r();
    }
    if (slave.b_valid) {
      const std::size_t oldest = oldest_write();
      ++ended;
      if (--transfers_[oldest].responses == 0) by_write = oldest;
      slave.take_b();
    }
    bins.hit(kBothEnd, by_read && by_write);
    bins.hit(kDoneLate, (by_read && *by_read != done_) || (by_write && *by_write != done_));
    const bool done = !idle() && transfers_[done_].responses == 0;
    ASSERT_EQ(dut_->done_valid_o, done) << "cycle " << now;
    if (done) {
      ASSERT_EQ(dut_->done_target_o, transfers_[done_].target);
      bins.hit(transfers_[done_].target == 3 ? kDoneByWrite : kDoneByRead);
      ++done_;
      done_at.push_back(now);
      ++compared;
    }
    ended_ = ended;
  }

  void step_requests() {
    const bool write = dut_->axi_awvalid_o;
    if (dut_->axi_arvalid_o || write) {
      const Request next = requests_.front();
      if (write && !presented_) may_drain_ += next.beats;
      presented_ = true;
      if (write ? dut_->axi_awready_i : dut_->axi_arready_i) {
        if (write) {
          bins.hit(kWBeforeAw, slave.w_before_aw());
          slave.take_aw(next.address, next.beats);
          ++write_requests_;
          bytes_written_ += next.beats * V::kBeatBytes;
        } else {
          slave.take_ar(now, next.address, next.beats);
          ++read_requests_;
          bytes_read_ += next.beats * V::kBeatBytes;
        }
        if (!requests_at.empty() && requests_at.back() + 1 == now) {
          bins.hit(kReadAfterWrite, !write && last_was_write_);
          bins.hit(kWriteAfterRead, write && !last_was_write_);
          bins.hit(kNoGap, next.transfer != last_transfer_);
        }
        last_was_write_ = write;
        last_transfer_ = next.transfer;
        requests_at.push_back(now);
        requests_.pop_front();
        presented_ = false;
        ++under_way_;
      } else {
        bins.hit(write ? kAwStalled : kArStalled);
      }
    }
    under_way_ -= ended_;
  }

  // Requests by going through the beats one by one: a new one at each multiple of a burst.
  void take(const Transfer& t) {
    const std::uint64_t burst = V::kBurstBeats * V::kBeatBytes;
    Active active{t};
    active.taken = now;
    const std::size_t index = transfers_.size();
    for (std::uint64_t beat = 0; beat < t.beats; ++beat) {
      const std::uint64_t address = t.address + beat * V::kBeatBytes;
      if (beat == 0 || address % burst == 0) {
        requests_.push_back({address, 0, index});
        ++active.responses;
        if (t.target == 3 && beat > 0) to_drain_.back().last = true;
      }
      ++requests_.back().beats;
      if (t.target == 3) to_drain_.push_back({index, beat, beat + 1 == t.beats});
    }
    bins.hit(kOneBeat, t.beats == 1);
    bins.hit(kShortFirst, t.address % burst != 0 && active.responses > 1);
    bins.hit(kShortLast,
             (t.address + t.beats * V::kBeatBytes) % burst != 0 && active.responses > 1);
    transfers_.push_back(active);
  }

  std::size_t oldest(bool write) const {
    for (std::size_t i = done_; i < transfers_.size(); ++i) {
      if ((transfers_[i].target == 3) == write && transfers_[i].responses > 0) return i;
    }
    throw std::logic_error("a response that no transfer waits for");
  }
  std::size_t oldest_read() const { return oldest(false); }
  std::size_t oldest_write() const { return oldest(true); }

  struct Drain {
    std::size_t transfer;
    std::uint64_t beat;
    bool last;  // of its burst
  };

  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  std::vector<Active> transfers_;
  std::size_t done_ = 0;
  std::deque<Request> requests_;  // not yet taken by the slave
  bool presented_ = false;        // the first of them was on AW or AR before
  std::uint64_t under_way_ = 0;
  std::uint64_t ended_ = 0;  // responses of this cycle
  std::deque<Drain> to_drain_;
  std::uint64_t may_drain_ = 0;  // beats whose AW was presented in an earlier cycle
  std::deque<Beat> staged_;      // asked for, and not yet taken on W
  std::vector<std::uint8_t> answer_;
  std::map<std::uint64_t, std::uint8_t> all_written_;
  bool last_was_write_ = false;
  std::size_t last_transfer_ = 0;
  std::uint64_t read_requests_ = 0;
  std::uint64_t write_requests_ = 0;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t bytes_written_ = 0;
};

}  // namespace weft::test
