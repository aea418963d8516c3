#include "sim/rtl/axi_port.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "models/common/error.hpp"

namespace weft::sim::rtl {

AxiPort::AxiPort(Instance& instance, const weft_rtl_memory& declared, std::uint32_t channel,
                 std::uint32_t channels)
    : channel_(channel),
      beat_bytes_(declared.data_bits / channels / 8),
      ports_(ports_of(instance, declared, channel, channels)) {}

AxiPort::Ports AxiPort::ports_of(Instance& instance, const weft_rtl_memory& declared,
                                 std::uint32_t channel, std::uint32_t channels) {
  const std::uint32_t data_bits = declared.data_bits / channels;
  const std::uint32_t address_bits = declared.address_bits / channels;
  if (!std::has_single_bit(data_bits) || data_bits < 8 || data_bits > 8 * kMostBeatBytes) {
    instance.library().refuse(
        "memory", declared.name,
        fmt::format("has data of {} bits; a power of two from 8 to {} is needed", data_bits,
                    8 * kMostBeatBytes));
  }
  const std::string bus(declared.name);
  const auto in = [&](const char* name, std::uint32_t bits) {
    return instance.input(bus + "_" + name + "_i", bits * channels).slice(channel, channels);
  };
  const auto out = [&](const char* name, std::uint32_t bits) {
    return instance.output(bus + "_" + name + "_o", bits * channels).slice(channel, channels);
  };
  const auto declares = [&](const char* name) {
    const auto& ports = instance.library().ports();
    return std::any_of(ports.begin(), ports.end(),
                       [&](const auto& port) { return port.name == bus + "_" + name; });
  };
  const auto id_in = [&](const char* name) {
    return declares((std::string(name) + "_i").c_str()) ? std::optional(in(name, 0)) : std::nullopt;
  };
  const auto id_out = [&](const char* name) {
    return declares((std::string(name) + "_o").c_str()) ? std::optional(out(name, 0))
                                                        : std::nullopt;
  };
  return {.arvalid = out("arvalid", 1),
          .arready = in("arready", 1),
          .araddr = out("araddr", address_bits),
          .arlen = out("arlen", 8),
          .rvalid = in("rvalid", 1),
          .rready = out("rready", 1),
          .rdata = in("rdata", data_bits),
          .rresp = in("rresp", 2),
          .rlast = in("rlast", 1),
          .awvalid = out("awvalid", 1),
          .awready = in("awready", 1),
          .awaddr = out("awaddr", address_bits),
          .awlen = out("awlen", 8),
          .wvalid = out("wvalid", 1),
          .wready = in("wready", 1),
          .wdata = out("wdata", data_bits),
          .wstrb = out("wstrb", data_bits / 8),
          .wlast = out("wlast", 1),
          .bvalid = in("bvalid", 1),
          .bready = out("bready", 1),
          .bresp = in("bresp", 2),
          .arid = id_out("arid"),
          .rid = id_in("rid"),
          .awid = id_out("awid"),
          .bid = id_in("bid")};
}

std::size_t AxiBacking::offset(std::uint64_t address, std::uint64_t count, Cycle now) const {
  if (address < base || address - base + count > bytes.size()) {
    throw ContractError(fmt::format(
        "cycle {}: the engine accessed {} bytes at {:#x}, outside the memory of {} bytes at {:#x}",
        now, count, address, bytes.size(), base));
  }
  return static_cast<std::size_t>(address - base);
}

void AxiPort::drive(const AxiBacking& backing, Cycle now) {
  const bool ready = !stalled(backing);
  ports_.arready.set(ready ? 1 : 0);
  ports_.awready.set(ready ? 1 : 0);
  ports_.wready.set(1);
  gives_read_ = !reads_.empty() && reads_.front().first <= now;
  ports_.rvalid.set(gives_read_ ? 1 : 0);
  ports_.rresp.set(0);
  ports_.rlast.set(0);
  if (gives_read_) {
    const Read& read = reads_.front();
    if (ports_.rid) ports_.rid->set(read.id);
    const std::uint64_t at = read.address + std::uint64_t{read.given} * beat_bytes_;
    if (refused_read_.number == answered_reads_) {
      std::array<std::uint8_t, kMostBeatBytes> ones{};
      ones.fill(0xFF);
      ports_.rdata.set_bytes(ones.data());
      ports_.rresp.set(refused_read_.response);
    } else {
      ports_.rdata.set_bytes(backing.bytes.data() + backing.offset(at, beat_bytes_, now));
    }
    ports_.rlast.set(read.given + 1 == read.beats ? 1 : 0);
  }
  gives_write_ = !writes_.empty() && writes_.front().response <= now;
  ports_.bvalid.set(gives_write_ ? 1 : 0);
  ports_.bresp.set(0);
  if (gives_write_) {
    check(writes_.front().taken == writes_.front().beats,
          "a write was answered before its data were there");
    if (ports_.bid) ports_.bid->set(writes_.front().id);
    if (refused_write_.number == answered_writes_) ports_.bresp.set(refused_write_.response);
  }
}

void AxiPort::accept(AxiBacking& backing, Cycle now, bool write) {
  const std::uint64_t address = write ? ports_.awaddr.get() : ports_.araddr.get();
  const auto beats =
      static_cast<std::uint32_t>(write ? ports_.awlen.get() : ports_.arlen.get()) + 1;
  const std::optional<Port>& id = write ? ports_.awid : ports_.arid;
  const std::uint64_t bytes = std::uint64_t{beats} * beat_bytes_;
  backing.offset(address, bytes, now);
  check(address % beat_bytes_ == 0, "an AXI burst that is not aligned to its beats");
  check(address / 4096 == (address + bytes - 1) / 4096, "an AXI burst that crosses 4 KiB");
  if (backing.notice != nullptr) backing.notice(backing.context, address, bytes);
  memory::Request request{
      .address = address, .bytes = static_cast<std::int32_t>(bytes), .write = write, .tensor = 0};
  request.port = static_cast<std::uint8_t>(channel_);
  const Cycle ready = backing.timing.accept(now + backing.request_cycles, request);
  if (write) {
    writes_.push_back({address, beats, 0, ready + 1, id ? id->get() : 0});
  } else {
    reads_.push_back({address, ready + 2 - Cycle{beats}, beats, 0, id ? id->get() : 0});
  }
}

void AxiPort::observe(AxiBacking& backing, Cycle now) {
  if (gives_read_) {
    check(ports_.rready.get() != 0, "the engine always takes what it has asked for");
    if (++reads_.front().given == reads_.front().beats) {
      reads_.pop_front();
      ++answered_reads_;
    }
  }
  if (gives_write_) {
    check(ports_.bready.get() != 0, "the engine always takes a write's response");
    writes_.pop_front();
    ++answered_writes_;
    --data_of_;
  }
  check(ports_.arvalid.get() == 0 || ports_.awvalid.get() == 0,
        "the engine asks for one burst a cycle");
  if (ports_.arvalid.get() != 0 || ports_.awvalid.get() != 0) {
    if (stalled(backing)) {
      ++waited_;
    } else {
      ++requests_;
      waited_ = 0;
      accept(backing, now, ports_.awvalid.get() != 0);
    }
  }
  if (ports_.wvalid.get() != 0) {
    check(ports_.wstrb.all_set(), "the engine writes whole beats");
    Beat beat{.last = ports_.wlast.get() != 0};
    ports_.wdata.get_bytes(beat.data.data());
    early_.push_back(beat);
  }
  for (; !early_.empty() && data_of_ < writes_.size(); early_.pop_front())
    take(backing, now, early_.front().data.data(), early_.front().last);
}

void AxiPort::take(AxiBacking& backing, Cycle now, const std::uint8_t* data, bool last) {
  Write& write = writes_[data_of_];
  const std::uint64_t at = write.address + std::uint64_t{write.taken} * beat_bytes_;
  std::memcpy(backing.bytes.data() + backing.offset(at, beat_bytes_, now), data, beat_bytes_);
  ++write.taken;
  check(last == (write.taken == write.beats), "wlast marks a burst's last beat");
  if (write.taken == write.beats) ++data_of_;
}

}  // namespace weft::sim::rtl
