#include "sim/request/sweep_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "models/engine/run/result_json.hpp"
#include "models/engine/run/run_point.hpp"
#include "sim/engine/run.hpp"
#include "sim/request/row_maker.hpp"

namespace weft::request {
namespace {

using engine::Status;
using sweep::Row;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kBatch = 256;  // rows that a thread hands over
constexpr std::chrono::milliseconds kLook{100};
constexpr std::chrono::milliseconds kCommit{500};  // between transactions: what a kill may lose
constexpr std::size_t kMostWaiting = 50000;        // rows, before one

// Rows on their way to the store, written by one thread in few transactions.
class Writer {
 public:
  explicit Writer(sweep::Store& store) : store_(store) {}
  void take(std::vector<Row> rows) {
    if (waiting_.empty()) since_ = Clock::now();
    std::move(rows.begin(), rows.end(), std::back_inserter(waiting_));
    if (waiting_.size() >= kMostWaiting) flush();
  }
  void look() {
    if (!waiting_.empty() && Clock::now() - since_ >= kCommit) flush();
  }
  void flush() {
    store_.add(waiting_);
    waiting_.clear();
  }

 private:
  sweep::Store& store_;
  std::vector<Row> waiting_;
  Clock::time_point since_;
};

SweepCounts run_on_threads(const SweepPoints& points, sweep::Store& store, unsigned jobs,
                           const SweepRunner::Progressed& progress,
                           const std::stop_token& stop_all_at) {
  const sweep::Store::Statuses known = store.statuses();
  const std::uint64_t total = points.grid().count_wanted();
  std::atomic<std::uint64_t> next{0};
  std::atomic<std::uint64_t> done{0};
  std::mutex mutex;
  std::condition_variable came;
  std::vector<Row> ready;
  unsigned running = jobs;
  std::exception_ptr failed;
  SweepCounts counts;

  const auto work = [&](const std::stop_token& stop) {
    RowMaker maker(points, &known);
    std::vector<Row> batch;
    const auto hand_over = [&] {
      const std::unique_lock lock(mutex);
      std::move(batch.begin(), batch.end(), std::back_inserter(ready));
      batch.clear();
      came.notify_one();
    };
    try {
      while (!stop.stop_requested()) {
        const std::uint64_t turn = next.fetch_add(1);
        if (turn >= points.grid().turns()) break;
        const std::uint64_t before = maker.counts().total;
        points.grid().each_of(turn, [&](std::uint64_t i) {
          if (stop.stop_requested() || !maker.begin(i)) return;
          batch.push_back(maker.run(stop));
          maker.count(batch.back().status);
        });
        done += maker.counts().total - before;
        if (batch.size() >= kBatch) hand_over();
      }
    } catch (const engine::Cancelled&) {
      // what was done is handed over
    } catch (...) {
      const std::unique_lock lock(mutex);
      failed = std::current_exception();
    }
    hand_over();
    const std::unique_lock lock(mutex);
    for (std::size_t s = 0; s < counts.by_status.size(); ++s)
      counts.by_status[s] += maker.counts().by_status[s];
    --running;
    came.notify_one();
  };

  Writer writer(store);
  std::vector<std::jthread> threads;
  for (unsigned t = 0; t < jobs; ++t) threads.emplace_back(work);
  const auto stop_all = [&] {
    for (std::jthread& thread : threads) thread.request_stop();
  };
  std::unique_lock lock(mutex);
  while (running > 0 || !ready.empty()) {
    came.wait_for(lock, kLook, [&] { return !ready.empty() || running == 0; });
    if (stop_all_at.stop_requested() || failed) stop_all();
    std::vector<Row> rows;
    rows.swap(ready);
    lock.unlock();
    writer.take(std::move(rows));  // where the disk is full, the threads end with this function
    writer.look();
    progress(done, total);
    lock.lock();
  }
  lock.unlock();
  writer.flush();
  if (failed) std::rethrow_exception(failed);
  counts.total = total;
  return counts;
}

}  // namespace

SweepRunner::SweepRunner(const SweepPoints& points, SweepOptions options)
    : points_(points), options_(std::move(options)) {
  if (points.is_analytic() && !options_.timeout_s) return;
  const auto maker = std::make_shared<RowMaker>(points, nullptr);
  pool_.emplace(options_.jobs, [maker](std::uint64_t index) {
    check(maker->begin(index), "a point that is left out");
    return sweep::packed(maker->run({}));
  });
}

SweepCounts SweepRunner::run(sweep::Store& store, const Progressed& progress,
                             const std::stop_token& stop) {
  return pool_ ? run_on_processes(store, progress, stop)
               : run_on_threads(points_, store, options_.jobs, progress, stop);
}

SweepCounts SweepRunner::run_on_processes(sweep::Store& store, const Progressed& progress,
                                          const std::stop_token& stop) {
  const sweep::Store::Statuses known = store.statuses();
  const std::uint64_t total = points_.grid().count_wanted();
  RowMaker asking(points_, &known);
  RowMaker answering(points_, nullptr);
  Writer writer(store);
  std::uint64_t index = 0;
  std::uint64_t given = 0;
  std::uint64_t answered = 0;
  const auto next = [&]() -> std::optional<std::uint64_t> {
    for (; index < points_.grid().size(); ++index) {
      if (!asking.begin(index)) continue;
      if (const auto stored = store.find(asking.key())) {  // by another process, meanwhile
        asking.count(stored->status);
        continue;
      }
      ++given;
      return index++;
    }
    return std::nullopt;
  };
  const auto take = [&](std::uint64_t i, const sim::Outcome& outcome) {
    ++answered;
    std::vector<Row> rows;
    rows.push_back(answering.answered(i, outcome, options_.timeout_s));
    asking.count(rows.front().status);
    writer.take(std::move(rows));
  };
  const auto look = [&] {
    writer.look();
    progress(asking.counts().total - (given - answered), total);
  };
  std::optional<std::chrono::duration<double>> limit;
  if (options_.timeout_s) limit = std::chrono::duration<double>(*options_.timeout_s);
  pool_->run(next, take, stop, limit, look);
  writer.flush();
  SweepCounts counts = asking.counts();
  counts.total = total;
  return counts;
}

std::uint64_t SweepCounts::pending() const {
  std::uint64_t out = total;
  for (const std::uint64_t count : by_status) out -= count;
  return out;
}

SweepCounts count_points(const SweepPoints& points, const sweep::Store& store) {
  const sweep::Store::Statuses known = store.statuses();
  RowMaker maker(points, &known);
  for (std::uint64_t i = 0; i < points.grid().size(); ++i) maker.begin(i);
  return maker.counts();
}

namespace {

// The line of one point.
std::string json_line(const RowMaker& row, const sweep::Store::Stored& stored) {
  if (!stored.json.empty()) return sweep::uncompressed(stored.json);
  const PointMaker& maker = row.maker();
  const bool refused = !row.refused().empty();
  const engine::Design& design = refused ? maker.base(row.choice()) : maker.design();
  const engine::RunOptions options = maker.options();
  const workload::Workload& workload = maker.point().workload;
  const bool ran = stored.status == Status::ok || stored.status == Status::infeasible;
  const engine::Result result =
      ran ? sim::engine::run(design, workload, options)
          : engine::not_run(design, workload.shape(), options, stored.status, stored.reason);
  if (ran && (result.status != stored.status || (stored.cycles && *stored.cycles != result.cycles)))
    throw ContractError("a stored point that is computed again gives another result");
  return engine::result_json(engine::report_of(design, workload, options, result),
                             json::Layout::compact);
}

}  // namespace

void export_sweep(const SweepPoints& points, const sweep::Store& store, ExportFormat format,
                  const std::stop_token& stop, const std::function<void(std::string)>& write) {
  if (format == ExportFormat::csv) write(store.csv_header());
  RowMaker row(points, nullptr);
  for (std::uint64_t i = 0; i < points.grid().size(); ++i) {
    if (stop.stop_requested()) throw engine::Cancelled();
    if (!row.begin(i)) continue;
    if (format == ExportFormat::csv) {
      if (auto line = store.csv_row(row.key())) write(std::move(*line));
    } else if (const auto stored = store.find(row.key())) {
      std::string line = json_line(row, *stored);
      if (!line.ends_with('\n')) line += '\n';
      write(std::move(line));
    }
  }
}

}  // namespace weft::request
