// Queries of a head that go on alike are passed over: the controller's state relative to the rows
// made so far, and its move by some of them.
#include <algorithm>

#include "sim/engine/spatten/controller.hpp"

namespace weft::sim::engine::spatten {

bool Controller::Slot::in_flight() const { return job != nullptr && told < kTellers; }

const Controller::Job* Controller::issuing() const {
  const auto found =
      std::find_if(jobs_.begin(), jobs_.end(), [](const Job& one) { return !one.issued(); });
  return found == jobs_.end() ? nullptr : &*found;
}

// A query has been sent; the next one is of the head that is to be sent from.
void Controller::begin_query() {
  const Job* job = issuing();
  if (job == nullptr) return;
  position_[0] = job->number;
  position_[1] = static_cast<std::int64_t>(job->head);
  position_[kQueries] = static_cast<std::int64_t>(job->query);
  begin_iteration(kQueries);
}

// Rows under way by how many came behind them. Those of several heads are like no others.
void Controller::put_rows(StateWords& out) const {
  const Job* job = issuing();
  std::vector<const Slot*> rows;
  bool alike = job != nullptr;
  for (const Slot& slot : slots_) {
    if (!slot.in_flight()) continue;
    rows.push_back(&slot);
    alike = alike && slot.job == job && slot.row->head == job->heads[job->head]->head;
  }
  out.word(alike ? -1 : out.tick());
  std::sort(rows.begin(), rows.end(),
            [](const Slot* a, const Slot* b) { return a->row->number < b->row->number; });
  for (const Slot* slot : rows) {
    out.word(slot->row->age());
    out.word(slot->told);
  }
}

void Controller::fingerprint(StateWords& out) const {
  ActiveUnit::fingerprint(out);
  put_rows(out);
  const auto put_fetches = [&](const std::vector<Fetch>& fetches) {
    for (const Fetch& fetch : fetches) {
      out.word(fetch.asked);
      out.word(fetch.resident);
    }
  };
  out.word(static_cast<std::int64_t>(jobs_.size()));
  for (const Job& job : jobs_) {
    out.word(job.number);
    out.word(job.asked_keys);
    out.word(static_cast<std::int64_t>(job.asked_values));
    out.word(static_cast<std::int64_t>(job.head));
    out.word(job.keys.resident);
    put_fetches(job.lower);
    put_fetches(job.values);
  }
  out.word(static_cast<std::int64_t>(leaving_.size()));
  out.word(offered_ == nullptr ? -1 : offered_->age());
  for (const std::int64_t word :
       {in_flight_, key_bytes_, value_bytes_, jobs_made_, static_cast<std::int64_t>(fetches_)})
    out.word(word);
  out.recent_time(selects_from_, 0);
  out.word((program_ends_ ? 1 : 0) + (layer_waits_ ? 2 : 0) + (selecting_now_ ? 4 : 0));
}

// As many as leave a query of the head to be sent.
std::int64_t Controller::periods_left(const Jump& /*period*/,
                                      std::span<const std::int64_t> grown) const {
  const Job* job = issuing();
  if (job == nullptr || grown[0] <= 0) return 0;
  const auto left = static_cast<std::int64_t>(job->heads[job->head]->queries.size() - job->query);
  return (left - 1) / grown[0];
}

void Controller::jump(const Jump& jump, std::span<const std::int64_t> grown) {
  const std::int64_t rows = grown[0];
  const auto queries = static_cast<std::size_t>(rows);
  Job& job =
      *std::find_if(jobs_.begin(), jobs_.end(), [](const Job& one) { return !one.issued(); });
  for (Slot& slot : slots_) {
    if (!slot.in_flight()) continue;
    slot.begun += jump.cycles;
    slot.query += queries;
    slot.row->number += rows;
    slot.row->query = job.heads[job.head]->queries[slot.query];
  }
  job.query += queries;
  job.done += rows;
  position_[kQueries] += rows;
  selects_from_ += jump.cycles;
  rows_made_ += rows;
  rows_done_ += rows;
  open_rows_ -= rows;
  ActiveUnit::advance(jump.cycles);
}

}  // namespace weft::sim::engine::spatten
