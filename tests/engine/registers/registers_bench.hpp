// weft_registers under a clock, with a model of every output of every cycle, and a master that
// pauses as it likes.
#pragma once

#include <array>
#include <deque>
#include <optional>

#include "tests/common/ports.hpp"
#include "tests/common/rtl_bench.hpp"

namespace weft::test {

inline constexpr std::uint32_t kControl = 0x008, kStatus = 0x00C, kSeqQ = 0x010, kSeqKv = 0x014,
                               kWidthQk = 0x018, kWidthV = 0x01C, kHeads = 0x020, kGroup = 0x024,
                               kFlags = 0x028, kBlockTiles = 0x02C, kScale = 0x030, kQBase = 0x040,
                               kOutHeadBytes = 0x06C, kCycles = 0x100, kCountersEnd = 0x168;
inline constexpr int kOkay = 0, kSlvErr = 2;

enum RegistersBin : std::size_t {
  kAwFirst,
  kWFirst,
  kTogether,
  kBWaits,
  kRWaits,
  kStarted,
  kStartBad,
  kStartBusy,
  kStartUnstrobed,
  kConfigBusy,
  kPartialStrobe,
  kUnmappedRead,
  kUnmappedWrite,
  kReadOnlyWrite,
  kSetAndClear,
  kIrq,
  kReadBesideWrite,
  kRegistersBins
};
inline std::vector<std::string> registers_bin_names() {
  return {"AW before W",
          "W before AW",
          "AW with W",
          "B held up",
          "R held up",
          "a start",
          "a start with a bad configuration",
          "a start while busy",
          "a start without its strobe",
          "a configuration written while busy",
          "a write of some bytes",
          "a read of nothing",
          "a write of nothing",
          "a write of what is read only",
          "done set and cleared at once",
          "an interrupt",
          "a register read in the cycle in which it is written"};
}

struct RegisterWrite {
  std::uint32_t address = 0;
  std::uint32_t data = 0;
  std::uint32_t strobe = 15;
};
struct RegisterAnswer {
  std::uint32_t data = 0;
  int response = kOkay;
};

template <class V>
class RegistersBench {
 public:
  RegistersBench(Stalls stalls, std::uint64_t seed)
      : bins(registers_bin_names()),
        random_(seed),
        dut_(seed),
        aw_(Pauses::of_source(stalls, random_())),
        w_(Pauses::of_source(stalls, random_())),
        ar_(Pauses::of_source(stalls, random_())),
        b_pauses_(Pauses::of_sink(stalls, random_())),
        r_(Pauses::of_sink(stalls, random_())) {
    dut_->axil_awvalid_i = dut_->axil_wvalid_i = dut_->axil_arvalid_i = 0;
    dut_->finished_i = dut_->error_i = 0;
    pulse_reset(dut_);
  }

  // What the master is to do, in order on each channel.
  std::deque<RegisterWrite> writes_aw, writes_w;
  std::deque<std::uint32_t> reads;
  void write(std::uint32_t address, std::uint32_t data, std::uint32_t strobe = 15) {
    writes_aw.push_back({address, data, strobe});
    writes_w.push_back({address, data, strobe});
  }
  // What it was answered.
  std::vector<int> write_answers;
  std::vector<RegisterAnswer> read_answers;

  // What the engine says in the next cycle; busy follows start by itself.
  bool config_bad = false, finish = false, error = false;
  bool busy = false;

  bool quiet() const {
    return writes_aw.empty() && writes_w.empty() && reads.empty() && !aw_held_ && !w_held_ && !b_ &&
           !r_valid_;
  }

  void cycle() {
    if (!dut_->axil_awvalid_i) dut_->axil_awvalid_i = !writes_aw.empty() && !aw_.next();
    if (!dut_->axil_wvalid_i) dut_->axil_wvalid_i = !writes_w.empty() && !w_.next();
    if (!dut_->axil_arvalid_i) dut_->axil_arvalid_i = !reads.empty() && !ar_.next();
    dut_->axil_awaddr_i =
        static_cast<SData>(dut_->axil_awvalid_i ? writes_aw.front().address : random_() % 4096);
    dut_->axil_wdata_i =
        static_cast<IData>(dut_->axil_wvalid_i ? writes_w.front().data : random_());
    dut_->axil_wstrb_i =
        static_cast<CData>(dut_->axil_wvalid_i ? writes_w.front().strobe : random_() % 16);
    dut_->axil_araddr_i =
        static_cast<SData>(dut_->axil_arvalid_i ? reads.front() : random_() % 4096);
    dut_->axil_bready_i = !b_pauses();
    dut_->axil_rready_i = !r_.next();
    dut_->config_bad_i = config_bad;
    dut_->finished_i = finish;
    dut_->error_i = error;
    dut_->busy_i = busy;
    for (std::uint64_t& counter : counters_) counter = random_();
    for (std::size_t i = 0; i < counters_.size(); ++i)
      set_port_bits(dut_->counters_i, 64 * i, 64, counters_[i]);
    dut_.settle();
    check();
    step();
    dut_.tick();
    dut_.settle();
    if (taken_[0]) dut_->axil_awvalid_i = 0;
    if (taken_[1]) dut_->axil_wvalid_i = 0;
    if (taken_[2]) dut_->axil_arvalid_i = 0;
  }

  Bins bins;
  std::uint64_t compared = 0;
  std::uint64_t starts = 0;
  Bench<typename V::Model>& dut() { return dut_; }

 private:
  bool b_pauses() { return b_pause_ = b_pauses_.next(); }

  // The register at this address, of those that are written whole; -1 if there is none.
  static int config_word(std::uint32_t address) {
    const std::uint32_t word = address & ~3u;
    return (word >= kSeqQ && word <= kScale) || (word >= kQBase && word <= kOutHeadBytes)
               ? static_cast<int>((word - kSeqQ) / 4)
               : -1;
  }
  std::uint32_t field(std::uint32_t address) const {
    return words_[static_cast<std::size_t>(config_word(address))];
  }

  bool bad() const {
    for (const std::uint32_t address : {kSeqQ, kSeqKv, kHeads}) {
      if (field(address) == 0 || field(address) >= (1u << 24)) return true;
    }
    if (field(kGroup) == 0 || field(kGroup) >= (1u << 16)) return true;
    if (std::uint64_t{field(kSeqQ)} * field(kGroup) >= (1u << 24)) return true;
    for (const std::uint32_t address : {kWidthQk, kWidthV}) {
      if (field(address) == 0 || field(address) > V::kMaxWidth) return true;
    }
    if (field(kBlockTiles) == 0 || field(kBlockTiles) >= (1u << 16)) return true;
    return config_bad || ((field(kFlags) & 1) != 0 && field(kSeqKv) < field(kSeqQ));
  }

  RegisterAnswer read(std::uint32_t address) const {
    const std::uint32_t word = address & ~3u;
    if (word == 0) return {0x57460002u};
    if (word == 4)
      return {static_cast<std::uint32_t>(V::kMaxWidth << 16 | V::kContexts << 8 | V::kSide)};
    if (word == kControl) return {interrupt_ ? 2u : 0u};
    if (word == kStatus) return {(busy ? 1u : 0u) | (done_ ? 2u : 0u) | (error_ ? 4u : 0u)};
    if (config_word(word) >= 0) return {field(word)};
    if (word >= kCycles && word < kCountersEnd) {
      const std::uint64_t counter = counters_[(word - kCycles) / 8];
      return {static_cast<std::uint32_t>(word % 8 == 0 ? counter : counter >> 32)};
    }
    return {0, kSlvErr};
  }

  bool writes_now() const { return aw_held_ && w_held_ && !b_; }

  void check() {
    ASSERT_EQ(dut_->axil_awready_o, !aw_held_);
    ASSERT_EQ(dut_->axil_wready_o, !w_held_);
    ASSERT_EQ(dut_->axil_arready_o, !r_valid_);
    ASSERT_EQ(dut_->axil_bvalid_o, b_.has_value());
    ASSERT_EQ(dut_->axil_rvalid_o, r_valid_);
    ASSERT_EQ(dut_->irq_o, done_ && interrupt_);
    if (b_) {
      ASSERT_EQ(dut_->axil_bresp_o, *b_);
      ++compared;
    }
    if (r_valid_) {
      ASSERT_EQ(dut_->axil_rdata_o, r_answer_.data);
      ASSERT_EQ(dut_->axil_rresp_o, r_answer_.response);
      ++compared;
    }
    const bool start = writes_now() && (aw_held_->address & ~3u) == kControl &&
                       (w_held_->strobe & 1) != 0 && (w_held_->data & 1) != 0;
    ASSERT_EQ(dut_->start_o, start && !busy && !bad());
    check_config();
  }

  // config_t from its last field up.
  void check_config() {
    std::size_t low = 0;
    const auto expect = [&](std::size_t width, std::uint64_t value) {
      EXPECT_EQ(port_bits(dut_->config_o, low, width), value & low_bits(width)) << "bit " << low;
      low += width;
    };
    expect(32, field(kScale));
    expect(1, field(kFlags));
    expect(16, field(kBlockTiles));
    expect(8, field(kWidthV));
    expect(8, field(kWidthQk));
    const std::uint64_t group = field(kGroup) & 0xFFFF;
    expect(40, ((field(kSeqKv) - field(kSeqQ)) & 0xFFFFFF) * group);
    expect(24, field(kSeqKv));
    expect(24, (field(kSeqQ) & 0xFFFFFF) * group);
    expect(16, group);
    expect(24, field(kHeads));
    for (std::uint32_t i = 0; i < 4; ++i) expect(32, field(kOutHeadBytes - 4 * i));
    for (std::uint32_t i = 4; i-- > 0;)
      expect(64, field(kQBase + 8 * i) | static_cast<std::uint64_t>(field(kQBase + 8 * i + 4))
                                             << 32);
    ASSERT_EQ(low, 32u + 1 + 16 + 8 + 8 + 40 + 3 * 24 + 16 + 4 * 32 + 4 * 64);
  }

  void step() {
    const bool aw = dut_->axil_awvalid_i && dut_->axil_awready_o;
    const bool w = dut_->axil_wvalid_i && dut_->axil_wready_o;
    bins.hit(kBWaits, b_ && b_pause_);
    bins.hit(kRWaits, r_valid_ && !dut_->axil_rready_i);
    bins.hit(kAwFirst, aw_held_ && w);
    bins.hit(kWFirst, w_held_ && aw);
    bins.hit(kTogether, aw && w);
    const bool reads = dut_->axil_arvalid_i && dut_->axil_arready_o;
    if (r_valid_ && dut_->axil_rready_i) {
      read_answers.push_back(r_answer_);
      r_valid_ = false;
    }
    if (reads) {
      r_answer_ = read(this->reads.front());  // as it is before a write in this cycle
      r_valid_ = true;
      bins.hit(kUnmappedRead, r_answer_.response != kOkay);
      bins.hit(kReadBesideWrite, writes_now() && config_word(aw_held_->address) >= 0 &&
                                     (aw_held_->address ^ this->reads.front()) < 4);
      this->reads.pop_front();
    }
    step_write();
    if (aw) {
      aw_held_ = writes_aw.front();
      writes_aw.pop_front();
    }
    if (w) {
      w_held_ = writes_w.front();
      writes_w.pop_front();
    }
    taken_ = {aw, w, reads};
  }

  void step_write() {
    bool clear_done = false, clear_error = false, start = false;
    const bool writes = writes_now();
    if (b_ && !b_pause_) {
      write_answers.push_back(*b_);
      b_.reset();
    }
    const bool was_busy = busy;
    if (finish) busy = false;
    if (writes) {
      const std::uint32_t address = aw_held_->address & ~3u;
      const bool low = (w_held_->strobe & 1) != 0;
      bins.hit(kPartialStrobe, w_held_->strobe != 15 && w_held_->strobe != 0);
      if (config_word(address) >= 0) {
        bins.hit(kConfigBusy, was_busy);
        if (was_busy) {
          b_ = kSlvErr;
        } else {
          write_config(address);
          b_ = kOkay;
        }
      } else if (address <= kStatus || (address >= kCycles && address < kCountersEnd)) {
        b_ = kOkay;
        bins.hit(kReadOnlyWrite, address < kControl || address >= kCycles);
        if (address == kControl) {
          bins.hit(kStartUnstrobed, !low && (w_held_->data & 1) != 0);
          if (low) interrupt_ = (w_held_->data & 2) != 0;
          start = low && (w_held_->data & 1) != 0;
        }
        clear_done = address == kStatus && low && (w_held_->data & 2) != 0;
        clear_error = address == kStatus && low && (w_held_->data & 4) != 0;
      } else {
        b_ = kSlvErr;
        bins.hit(kUnmappedWrite);
      }
      aw_held_.reset();
      w_held_.reset();
    }
    bins.hit(kStartBusy, start && was_busy);
    const bool good = start && !was_busy && !bad();
    const bool wrong = start && !was_busy && bad();
    bins.hit(kStarted, good);
    bins.hit(kStartBad, wrong);
    bins.hit(kSetAndClear, clear_done && finish);
    if (good) {
      busy = true;
      ++starts;
    }
    done_ = finish || (done_ && !clear_done);
    error_ = error || wrong || (error_ && !clear_error);
    bins.hit(kIrq, done_ && interrupt_);
    finish = error = false;
  }

  void write_config(std::uint32_t address) {
    std::uint32_t& word = words_[static_cast<std::size_t>(config_word(address))];
    for (std::uint32_t byte = 0; byte < 4; ++byte) {
      if ((w_held_->strobe >> byte & 1) == 0) continue;
      word = (word & ~(0xFFu << (8 * byte))) | (w_held_->data & (0xFFu << (8 * byte)));
    }
    if ((address & ~3u) == kFlags) word &= 1;
  }

  std::mt19937_64 random_;
  Bench<typename V::Model> dut_;
  Pauses aw_, w_, ar_, b_pauses_, r_;
  bool b_pause_ = false;
  std::array<bool, 3> taken_{};  // AW, W and AR in this cycle
  std::array<std::uint32_t, 24> words_{};
  bool interrupt_ = false, done_ = false, error_ = false;
  std::array<std::uint64_t, 13> counters_{};
  std::optional<RegisterWrite> aw_held_, w_held_;  // taken, and not yet carried out
  std::optional<int> b_;
  bool r_valid_ = false;
  RegisterAnswer r_answer_;
};

}  // namespace weft::test
