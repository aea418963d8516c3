#include "sim/quant/confidence.hpp"

#include <array>

namespace weft::sim::quant {
namespace {

enum class Count : std::uint8_t { rows, recomputed };
constexpr std::array<CounterDeclaration, 2> kCounters{{
    {"rows", "rows", "passed on"},
    {"recomputed", "rows", "whose lower bits were asked for"},
}};
constexpr UnitClass kClass{"confidence", kCounters};

constexpr std::size_t at(Count count) { return static_cast<std::size_t>(count); }

}  // namespace

const UnitClass& Confidence::unit_class() const { return kClass; }

void Confidence::list_ports(PortList& ports) {
  ports.add("in", in_);
  ports.add("out", out_);
  ports.add("importance", importance_);
  ports.add("decided", decided_);
  ports.add("recompute", recompute_);
  ports.add("lower", lower_);
}

Cycle Confidence::take(const RowBeat& beat) {
  QueryRow& row = *beat.row;
  if (beat.first == 0)
    row.recomputes =
        row.pass == 0 && row.lower != nullptr && row.keys_seen() > 0 && kernels_->recomputes(row);
  if (beat.last) ++activity_.counter(at(row.recomputes ? Count::recomputed : Count::rows));
  return 1;
}

template <class Message>
bool Confidence::offer(Cycle now, unsigned end, Out<Message>& out, const Message& message) {
  if ((sent_ & 1u << end) != 0) return true;
  if (!out.offer(now, message)) return false;
  sent_ |= 1u << end;
  return true;
}

// A head's rows share its lower bits: what one has asked for is on chip, or on its way, for the
// next.
bool Confidence::ask_lower(Cycle now, const QueryRow& row) {
  if (row.lower->asked > 0) return true;
  const auto count = static_cast<std::int32_t>(row.lower->tokens.size());
  if (!lower_.offer(now, {row.lower, 0, count})) return false;
  row.lower->asked = count;
  return true;
}

bool Confidence::give(Cycle now, const RowBeat& beat) {
  QueryRow& row = *beat.row;
  bool all = true;
  if (row.recomputes) {
    if (!beat.last) return true;
    all = ask_lower(now, row);
    if (all) {  // before anybody sees it again
      row.pass = 1;
      row.recomputes = false;
      if (!offer(now, 1, recompute_, {&row})) {
        row.pass = 0;
        row.recomputes = true;
        all = false;
      }
    }
  } else {
    all = offer(now, 2, out_, beat) && all;
    all = offer(now, 3, importance_, beat) && all;
    if (beat.last) all = offer(now, 4, decided_, {&row}) && all;
  }
  if (all) sent_ = 0;
  return all;
}

}  // namespace weft::sim::quant
