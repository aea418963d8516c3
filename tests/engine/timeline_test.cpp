// Timelines, by checks that know nothing of the schedule: labels within their ranges, each once,
// operands there before they are used, results made before they leave; and the document, every step
// of which is shown.
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "models/engine/run/run_options.hpp"
#include "sim/engine/perfetto.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

using weft::engine::UnitEvent;

constexpr std::size_t kInFlight = 4;  // transfers

struct Event {
  UnitEvent what;
  std::string name;
  std::vector<int> loops;
  const weft::engine::LoweredGroup* lowered;

  // Its label: iterations of its loops.
  std::vector<std::int64_t> label(const std::vector<int>& of) const {
    std::vector<std::int64_t> all;
    for (const int l : of) all.push_back(what.at[static_cast<std::size_t>(l)]);
    return all;
  }
  bool is_transfer() const { return name.starts_with("load ") || name.starts_with("store "); }
};

struct Recorder : weft::engine::EventSink {
  bool event(const UnitEvent& event) override {
    all.push_back(
        {event, std::string(event.name), {event.loops.begin(), event.loops.end()}, event.lowered});
    return true;
  }
  void gap(std::uint64_t /*begin*/, std::uint64_t /*end*/) override {}
  std::vector<Event> all;
};

const Shape kTimelineShape{.batch = 2,
                           .heads = 3,
                           .kv_heads = 3,
                           .seq_q = 75,
                           .seq_kv = 110,
                           .width_qk = 32,
                           .width_v = 32};

class Timeline : public testing::TestWithParam<std::string> {
 protected:
  Timeline() {
    result_ = run_point(design_, kTimelineShape, {.exact = true, .events = &recorder_});
    for (const Event& event : recorder_.all)
      by_step_[{event.what.group, event.what.step}].push_back(event);
  }
  // Those of the same group whose name is `name`; none: nullptr.
  const std::vector<Event>* named(int group, const std::string& name) const {
    for (const auto& [step, events] : by_step_) {
      if (step.first == group && events.front().name == name) return &events;
    }
    return nullptr;
  }
  std::vector<std::string> tensors(const std::vector<weft::engine::TensorId>& ids) const {
    std::vector<std::string> all;
    for (const auto id : ids) all.push_back(design_.lowering(false).cascade->tensors[id].name);
    return all;
  }

  const weft::engine::Design design_ = design(GetParam());
  Recorder recorder_;
  Result result_;
  std::map<std::pair<int, int>, std::vector<Event>> by_step_;
};

TEST_P(Timeline, LabelsStandOnceEachAndWithinTheirRanges) {
  ASSERT_GT(by_step_.size(), 2u);
  for (const auto& [step, events] : by_step_) {
    std::set<std::vector<std::int64_t>> labels;
    std::map<int, std::set<std::int64_t>> iterations;
    std::int64_t tile = 0;
    for (const Event& event : events) {
      EXPECT_TRUE(labels.insert(event.label(event.loops)).second)
          << event.name << " has a label twice";
      EXPECT_EQ(event.what.head, event.what.at[0]);
      EXPECT_EQ(event.what.tile, tile++) << event.name;
      EXPECT_LT(event.what.begin, event.what.end) << event.name;
      EXPECT_LE(event.what.end, result_.cycles) << event.name;
      for (const int l : event.loops)
        iterations[l].insert(event.what.at[static_cast<std::size_t>(l)]);
    }
    // 2 × 3 heads, and whatever the other loops: all from 0 to the last, none beyond.
    EXPECT_EQ(iterations.at(0).size(), 6u) << events.front().name;
    for (const auto& [loop, seen] : iterations) {
      EXPECT_EQ(*seen.begin(), 0) << events.front().name;
      EXPECT_EQ(*seen.rbegin() + 1, static_cast<std::int64_t>(seen.size())) << events.front().name;
    }
  }
}

TEST_P(Timeline, UnitsDoNoMoreAtOnceThanTheyCan) {
  std::map<int, std::vector<const Event*>> by_unit;
  for (const Event& event : recorder_.all) by_unit[event.what.unit].push_back(&event);
  std::size_t most = 0;
  for (auto& [unit, events] : by_unit) {
    std::stable_sort(events.begin(), events.end(),
                     [](const Event* a, const Event* b) { return a->what.begin < b->what.begin; });
    const std::size_t width = events.front()->is_transfer() ? kInFlight : 1;
    for (std::size_t i = width; i < events.size(); ++i) {
      std::size_t running = 1;
      for (std::size_t k = i; k-- > 0 && k + 3 * kInFlight > i;)
        running += events[k]->what.end > events[i]->what.begin ? 1 : 0;
      EXPECT_LE(running, width) << events[i]->name << " at " << events[i]->what.begin;
      if (width > 1) most = std::max(most, running);
    }
  }
  EXPECT_GT(most, 1u) << "transfers overlap";
}

TEST_P(Timeline, OperandsAreThereBeforeTheyAreUsed) {
  int compared = 0;
  for (const auto& [step, events] : by_step_) {
    if (events.front().is_transfer()) continue;
    const auto& lowered = events.front().lowered->steps;
    const auto own = std::find_if(lowered.begin(), lowered.end(),
                                  [&](const auto& s) { return s.name == events.front().name; });
    ASSERT_NE(own, lowered.end()) << events.front().name;
    for (const std::string& tensor : tensors(own->reads)) {
      const std::vector<Event>* loads = named(step.first, "load " + tensor);
      if (loads == nullptr) continue;
      std::map<std::vector<std::int64_t>, std::uint64_t> there;
      for (const Event& load : *loads) there[load.label(load.loops)] = load.what.end;
      for (const Event& event : events) {
        const auto found = there.find(event.label(loads->front().loops));
        ASSERT_NE(found, there.end()) << event.name << " reads what was never loaded of " << tensor;
        EXPECT_LE(found->second, event.what.begin) << event.name << " begins before its " << tensor;
        ++compared;
      }
    }
    for (const std::string& tensor : tensors(own->writes)) {
      const std::vector<Event>* stores = named(step.first, "store " + tensor);
      if (stores == nullptr) continue;
      std::map<std::vector<std::int64_t>, std::uint64_t>
          made;  // the last firing of what a store takes away
      for (const Event& event : events) {
        std::uint64_t& end = made[event.label(stores->front().loops)];
        end = std::max(end, event.what.end);
      }
      for (const Event& store : *stores) {
        const auto found = made.find(store.label(store.loops));
        ASSERT_NE(found, made.end()) << "a store of what was never made of " << tensor;
        EXPECT_GE(store.what.begin, found->second)
            << "a store begins before its " << tensor << " is made";
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 50);
}

INSTANTIATE_TEST_SUITE_P(Designs, Timeline,
                         testing::Values("unfused-16x16", "flat-16x16", "fusemax-cascade-16x16",
                                         "fusemax-architecture-16x16", "fusemax-16x16",
                                         "streaming-softmax", "segments-serial"),
                         [](const auto& one) {
                           std::string name = one.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

// Of a run of very many firings the document shows every step: where it comes first, and what goes
// on beside it.
TEST(TimelineDocument, EveryStepIsShown) {
  for (const char* name : {"flat-16x16", "unfused-16x16", "fusemax-16x16"}) {
    SCOPED_TRACE(name);
    const weft::engine::Design made = design(name);
    Recorder all;
    Shape shape = kTimelineShape;
    shape.seq_kv = 300;
    run_point(made, shape, {.exact = true, .events = &all});
    std::set<std::string> steps;
    for (const Event& event : all.all) steps.insert(event.name);
    PerfettoTrace trace(20);
    const Result result = run_point(made, shape, {.exact = true, .events = &trace});
    const auto document = nlohmann::json::parse(trace.finish(made, result));
    EXPECT_FALSE(document["otherData"]["complete"].get<bool>());
    std::set<std::string> shown;
    std::set<std::string> threads;
    std::map<int, std::uint64_t> until;
    std::uint64_t left_out = 0;
    for (const auto& event : document["traceEvents"]) {
      if (event["ph"] == "M" && event["name"] == "thread_name")
        threads.insert(event["args"]["name"].get<std::string>());
      if (event["ph"] == "i")
        left_out += event["name"].get<std::string>().starts_with("left out ") ? 1 : 0;
      if (event["ph"] != "X") continue;
      shown.insert(event["name"].get<std::string>());
      const auto begin = event["ts"].get<std::uint64_t>();
      EXPECT_GE(begin, until[event["tid"].get<int>()]) << "slices of one thread overlap";
      until[event["tid"].get<int>()] = begin + event["dur"].get<std::uint64_t>();
      EXPECT_LT(event["args"]["head"].get<int>(), 6);
    }
    EXPECT_EQ(shown, steps);
    EXPECT_GT(left_out, 0u);
    EXPECT_TRUE(threads.contains("array_2d"));
    EXPECT_TRUE(threads.contains("transfer in flight 1"));
    EXPECT_FALSE(threads.contains("transfer in flight 5"));
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
