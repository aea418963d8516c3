#include "sim/engine/spatten/controller.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "models/engine/run/run_point.hpp"
#include "models/numerics/format.hpp"
#include "models/prune/ramp.hpp"

namespace weft::sim::engine::spatten {
namespace {

enum class Count : std::uint8_t { rows, jobs, layers, selections, key_room_waits };
constexpr std::array<CounterDeclaration, 5> kCounters{{
    {"rows", "rows", "queries of heads that are done"},
    {"jobs", "jobs", "heads, or heads side by side, whose keys were asked for"},
    {"layers", "layers", "planned"},
    {"selections", "selections", "of tokens or heads, behind layers"},
    {"key_room_waits", "times", "that keys found no room on chip"},
}};
constexpr UnitClass kControllerClass{"controller", kCounters};

constexpr std::size_t at(Count count) { return static_cast<std::size_t>(count); }

constexpr std::int64_t bytes_of(std::int64_t elements, std::int64_t bits) {
  return numerics::bytes_of_bits(elements * bits);
}

}  // namespace

Controller::Controller(const Config& config, Program& program, const Layout& layout,
                       std::int64_t side_by_side, const Tensors& tensors)
    : config_(config),
      program_(program),
      layout_(layout),
      side_by_side_(side_by_side),
      tensors_(tensors) {}

const UnitClass& Controller::unit_class() const { return kControllerClass; }

void Controller::list_ports(PortList& ports) {
  ports.add("decided", decided_);
  ports.add("accumulated", accumulated_);
  ports.add("finished", finished_);
  ports.add("selected", selected_);
  ports.add("key_orders", key_orders_);
  ports.add("value_orders", value_orders_);
  ports.add("rows", rows_);
  ports.add("selections", selections_);
}

// A row is forgotten when all are done with it.
void Controller::forget(QueryRow* row, Cycle now) {
  Slot& slot = slots_[static_cast<std::size_t>(row->slot)];
  if (++slot.told < kTellers) return;
  if (listener_ != nullptr) listener_->row_done(*row, slot.begun, now);
  Job& job = *slot.job;
  ++job.done;
  ++rows_done_;
  --open_rows_;
  --in_flight_;
  ++activity_.counter(at(Count::rows));
  free_.push_back(row->slot);
  if (job.done == job.rows && !job.layer->streams) {
    key_bytes_ -= job.tokens() * job.sides() * job.stored_bytes;
    value_bytes_ -= job.sides() * job.stored_values;
  }
  let_go(now);
}

bool Controller::Job::under_way(Cycle now) const {
  const auto on_its_way = [now](const Fetch& fetch) { return fetch.under_way(now); };
  return keys.under_way(now) || std::any_of(lower.begin(), lower.end(), on_its_way) ||
         std::any_of(values.begin(), values.end(), on_its_way);
}

void Controller::let_go(Cycle now) {
  while (!jobs_.empty() && jobs_.front().finished())
    leaving_.splice(leaving_.end(), jobs_, jobs_.begin());
  leaving_.remove_if([now](const Job& job) { return !job.under_way(now); });
}

void Controller::hear(Cycle now) {
  while (decided_.ready(now)) {
    QueryRow* row = decided_.pop(now).row;
    const Job& job = *slots_[static_cast<std::size_t>(row->slot)].job;
    if (job.layer->streams) key_bytes_ -= job.tokens() * job.stored_bytes;
    forget(row, now);
  }
  while (accumulated_.ready(now)) forget(accumulated_.pop(now).row, now);
  while (finished_.ready(now)) forget(finished_.pop(now).row, now);
  while (selected_.ready(now)) {
    selected_.pop(now);
    ++selections_heard_;
    ++activity_.counter(at(Count::selections));
  }
}

Fetch Controller::fetch_of(Plane plane, const Job& job, const HeadPlan& head, std::int64_t bits) {
  const bool values = plane == Plane::values;
  const std::int64_t width = values ? job.layer->width_v : job.layer->width_qk;
  const std::int64_t bytes = bytes_of(width, bits);
  const Layout::Rows rows = layout_.rows(plane, job.layer->layer, head.head, bytes);
  const std::int64_t sides = plane == Plane::keys ? job.sides() : 1;
  return {.number = ++fetches_,
          .tensor = values ? tensors_.value : tensors_.key,
          .address = rows.address,
          .pitch_bytes = rows.pitch_bytes,
          .row_bytes = bytes * sides,
          .stored_bytes = bytes_of(width, std::max(bits, config_.stored_bits)),
          .tokens = *head.tokens};
}

// Keys of streams pass through in as many rows as there is room for; all others must have room.
void Controller::find_room(Job& job) const {
  const std::int64_t keys = job.tokens() * job.sides() * job.stored_bytes;
  const bool passes = job.layer->streams && job.lower.empty();
  if (passes && keys > config_.key_store_bytes / 2) {
    job.stored_bytes = config_.key_store_bytes / 2 / (job.tokens() * job.sides());
    return;
  }
  if (keys > config_.key_store_bytes || job.stored_values > config_.value_store_bytes)
    throw weft::engine::Stuck(fmt::format(
        "{} tokens of a head take {} bytes of keys and {} of values on chip, where there are {} "
        "and "
        "{}",
        job.tokens(), keys, job.stored_values, config_.key_store_bytes, config_.value_store_bytes));
}

Controller::Job Controller::make_job(const std::shared_ptr<const LayerPlan>& layer,
                                     std::size_t first, std::size_t count) {
  Job job;
  job.number = jobs_made_++;
  job.layer = layer;
  for (std::size_t h = first; h < first + count; ++h) job.heads.push_back(&layer->heads[h]);
  const HeadPlan& head = *job.heads.front();
  job.keys = fetch_of(Plane::keys, job, head, head.key_bits);
  job.stored_bytes =
      bytes_of(layer->width_qk,
               std::max<std::int64_t>(head.key_bits + head.lower_bits, config_.stored_bits));
  for (const HeadPlan* one : job.heads) {
    if (one->lower_bits > 0)
      job.lower.push_back(fetch_of(Plane::lower_keys, job, *one, one->lower_bits));
    if (!layer->streams) job.values.push_back(fetch_of(Plane::values, job, *one, one->value_bits));
    job.rows += static_cast<std::int64_t>(one->queries.size());
  }
  if (!layer->streams) job.stored_values = job.tokens() * job.values.front().stored_bytes;
  while (!job.issued() && job.heads[job.head]->queries.empty()) ++job.head;
  find_room(job);
  return job;
}

// Whether the keys of so many heads from `first` on lie side by side, are of the same tokens, and
// have room.
bool Controller::together(const LayerPlan& layer, std::size_t first, std::size_t count) const {
  const HeadPlan& head = layer.heads[first];
  if (head.head % side_by_side_ != 0 || first + count > layer.heads.size()) return false;
  for (std::size_t i = 1; i < count; ++i) {
    const HeadPlan& other = layer.heads[first + i];
    if (other.head != head.head + static_cast<std::int32_t>(i) || other.key_bits != head.key_bits ||
        other.lower_bits != head.lower_bits ||
        (other.tokens != head.tokens && *other.tokens != *head.tokens))
      return false;
  }
  const std::int64_t bits =
      std::max<std::int64_t>(head.key_bits + head.lower_bits, config_.stored_bits);
  const std::int64_t bytes =
      static_cast<std::int64_t>(head.tokens->size() * count) * bytes_of(layer.width_qk, bits);
  return bytes <= (layer.streams ? config_.key_store_bytes : config_.key_store_bytes / 2);
}

void Controller::plan_layer(LayerPlan layer) {
  const auto shared = std::make_shared<const LayerPlan>(std::move(layer));
  layer_heads_ = shared->heads.size();
  layer_tokens_ = shared->heads.empty() ? 0 : shared->heads.front().tokens->size();
  ++activity_.counter(at(Count::layers));
  for (std::size_t first = 0; first < shared->heads.size();) {
    const auto sides = static_cast<std::size_t>(side_by_side_);
    const std::size_t count = together(*shared, first, sides) ? sides : 1;
    Job job = make_job(shared, first, count);
    first += count;
    if (job.rows == 0) continue;
    open_rows_ += job.rows;
    jobs_.push_back(std::move(job));
    ++activity_.counter(at(Count::jobs));
  }
}

void Controller::plan() {
  while (!program_ends_ && !layer_waits_ && (jobs_.empty() || jobs_.back().asked())) {
    std::optional<LayerPlan> layer = program_.next();
    if (!layer) {
      program_ends_ = true;
      return;
    }
    plan_layer(std::move(*layer));
    layer_selects_ = program_.selects();
    layer_waits_ = layer_selects_ || config_.layers_apart;
  }
}

bool Controller::ask_values(Job& job, Cycle now) {
  if (value_bytes_ > 0 && value_bytes_ + job.stored_values > config_.value_store_bytes)
    return false;
  Fetch& values = job.values[job.asked_values];
  const auto count = static_cast<std::int32_t>(values.tokens.size());
  if (count > 0 && !value_orders_.offer(now, {&values, 0, count})) return false;
  values.asked += count;
  value_bytes_ += job.stored_values;
  ++job.asked_values;
  return true;
}

// Asks for more of the oldest keys and values that are not asked for; true where it did.
bool Controller::ask(Cycle now) {
  for (Job& job : jobs_) {
    if (job.asked()) continue;
    if (job.asked_keys == job.tokens()) return ask_values(job, now);
    const std::int64_t count = std::min(config_.chunk_rows, job.tokens() - job.asked_keys);
    const std::int64_t bytes = count * job.sides() * job.stored_bytes;
    if (key_bytes_ > 0 && key_bytes_ + bytes > config_.key_store_bytes) {
      ++activity_.counter(at(Count::key_room_waits));
      return false;
    }
    if (!key_orders_.offer(now, {&job.keys, static_cast<std::int32_t>(job.asked_keys),
                                 static_cast<std::int32_t>(count)}))
      return false;
    key_bytes_ += bytes;
    job.keys.asked += count;
    job.asked_keys += count;
    return true;
  }
  return false;
}

QueryRow* Controller::make_row(Job& job) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::int32_t>(slots_.size()));
    slots_.push_back({std::make_unique<QueryRow>(), nullptr});
    slots_.back().row->slot = free_.back();
  }
  Slot& slot = slots_[static_cast<std::size_t>(free_.back())];
  free_.pop_back();
  slot.job = &job;
  slot.told = 0;
  slot.query = job.query;
  QueryRow& row = *slot.row;
  const HeadPlan& head = *job.heads[job.head];
  row.number = rows_made_++;
  row.made = &rows_made_;
  row.step = job.layer->step;
  row.layer = job.layer->layer;
  row.head = head.head;
  row.query = head.queries[job.query];
  row.width_qk = job.layer->width_qk;
  row.width_v = job.layer->width_v;
  std::size_t seen = head.tokens->size();
  if (head.causal)
    seen = static_cast<std::size_t>(
        std::upper_bound(head.tokens->begin(), head.tokens->end(), row.query + head.causal_offset) -
        head.tokens->begin());
  row.tokens = std::span<const std::int64_t>(*head.tokens).first(seen);
  row.keys = &job.keys;
  row.lower = job.lower.empty() ? nullptr : &job.lower[job.head];
  row.values = job.values.empty() ? nullptr : &job.values[job.head];
  row.pass = 0;
  row.recomputes = head.recomputes;
  const std::int64_t kept = head.values_kept
                                ? *head.values_kept
                                : weft::prune::kept_of(row.keys_seen(), head.value_ratio);
  row.values_kept = std::min(kept, row.keys_seen());
  if (row.values == nullptr) row.own_values = fetch_of(Plane::values, job, head, head.value_bits);
  ++job.query;
  while (!job.issued() && job.query >= job.heads[job.head]->queries.size()) {
    job.query = 0;
    ++job.head;
  }
  ++in_flight_;
  return &row;
}

// Sends a query into the pipeline; true where it did.
bool Controller::issue(Cycle now) {
  if (offered_ == nullptr) {
    if (in_flight_ >= config_.rows_in_flight) return false;
    const auto job =
        std::find_if(jobs_.begin(), jobs_.end(), [](const Job& one) { return !one.issued(); });
    // A row that has begun cannot be overtaken: all its keys must be on their way, be it that
    // others are computed again before they give room.
    if (job == jobs_.end() || job->asked_keys < job->tokens()) return false;
    offered_ = make_row(*job);
  }
  if (!rows_.offer(now, {offered_})) return false;
  slots_[static_cast<std::size_t>(offered_->slot)].begun = now;
  offered_ = nullptr;
  begin_query();
  return true;
}

// From the layer's last row to its first selection: magnitudes of heads one by one, then tokens'
// and heads' importances so many a cycle, and what weft_spatten_lists.sv takes from one to another.
Cycle Controller::importance_cycles() const {
  if (config_.importance_lanes == 0 || selecting_.empty()) return 0;
  const Cycle between = selecting_.back().of_heads ? 7 : 6;
  const auto heads = static_cast<std::int64_t>(layer_heads_);
  const auto tokens = static_cast<std::int64_t>(layer_tokens_);
  return heads + ceil_div(tokens, config_.importance_lanes) +
         ceil_div(heads, config_.importance_lanes) + between;
}

// Behind a layer that is waited for: true while that is under way. Where layers are apart, rows
// that nobody needed come first, which are asked for by who is alive.
bool Controller::select(Cycle now) {
  if (!layer_waits_ || open_rows_ > 0) return false;
  if (config_.layers_apart && !selecting_now_) {
    let_go(now);
    drains_ = !leaving_.empty();
    if (drains_) return true;
  }
  if (!selecting_now_) {
    selecting_ = layer_selects_ ? program_.select() : std::vector<Selecting>();
    selections_sent_ = selections_heard_ = 0;
    selecting_now_ = true;
    selects_from_ = now + importance_cycles();
  }
  if (now < selects_from_) return true;
  while (selections_sent_ < selecting_.size()) {
    const Selecting& one = selecting_[selections_sent_];
    if (!selections_.offer(now,
                           {static_cast<std::int64_t>(selections_sent_), one.items, one.rounds}))
      break;
    ++selections_sent_;
  }
  if (selections_heard_ < selecting_.size()) return true;
  selecting_now_ = false;
  layer_waits_ = false;
  return false;
}

Cycle Controller::step(Cycle now) {
  hear(now);
  const bool selecting = select(now);
  plan();
  const bool asked = ask(now);
  const bool issued = issue(now);
  if (program_ends_ && jobs_.empty() && !done_) {
    done_ = true;
    finished_at_ = now;
    notify();
  }
  const bool waits = in_flight_ > 0 || selecting;
  activity_.is(now, asked || issued ? Doing::work : waits ? Doing::wait_in : Doing::nothing);
  if (asked || issued) return now + 1;
  if (selecting && drains_) return now + 1;  // nobody tells it that rows have come
  return selecting && now < selects_from_ ? selects_from_ : kNever;
}

}  // namespace weft::sim::engine::spatten
