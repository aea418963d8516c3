// The closed form beside SystemC, a point a line of standard input: "design;setting=value,…;batch
// heads kv_heads seq_q seq_kv width_qk width_v causal". Writes what both give, as CSV.
// scripts/check/closed_form.py draws the points and judges them.
#include <cstdio>
#include <ctime>
#include <iostream>
#include <sstream>
#include <string>
#include <systemc>
#include <vector>

#include "models/engine/analytic/closed_form.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/engine/design/mapping.hpp"
#include "sim/engine/run.hpp"

namespace weft {
namespace {

using engine::Design;

struct Point {
  std::string design;
  std::vector<engine::Setting> settings;
  workload::Workload workload;
  workload::Shape shape;
};

Point point_of(const std::string& line) {
  Point point;
  std::istringstream in(line);
  std::string settings;
  std::getline(in, point.design, ';');
  std::getline(in, settings, ';');
  std::istringstream each(settings);
  for (std::string one; std::getline(each, one, ',');)
    point.settings.emplace_back(one.substr(0, one.find('=')), one.substr(one.find('=') + 1));
  workload::Shape& s = point.shape;
  int causal = 0;
  check(static_cast<bool>(in >> s.batch >> s.heads >> s.kv_heads >> s.seq_q >> s.seq_kv >>
                          s.width_qk >> s.width_v >> causal),
        "a point without its shape: " + line);
  s.causal = causal != 0;
  workload::Workload& w = point.workload;
  w.batch = s.batch;
  w.heads = s.heads;
  w.kv_heads = s.kv_heads;
  w.seq = s.seq_q;
  w.seq_kv = s.seq_kv;
  w.width_qk = s.width_qk;
  w.width_v = s.width_v;
  w.causal = s.causal;
  w.layers = 1;
  w.model_width = s.heads * s.width_v;
  w.feed_forward_width = 4 * w.model_width;
  return point;
}

void compare(std::size_t number, const Point& point, const engine::Catalog& catalog) {
  const Design design = Design::load(catalog, point.design, point.settings);
  const engine::Mapping mapping = engine::map_point(design, point.workload, point.shape, 1);
  if (!mapping.sizing.feasible) {
    std::printf("%zu,infeasible,0,0,0,0,0,0\n", number);
    return;
  }
  const std::clock_t begin = std::clock();
  const engine::Analysis analysis = engine::analyse(*mapping.lowering, mapping.sizing);
  const engine::ClosedForm form = engine::closed_form(*mapping.lowering, mapping.sizing, analysis);
  const double took = static_cast<double>(std::clock() - begin) * 1e6 / CLOCKS_PER_SEC;
  const std::uint64_t simulated = sim::engine::run(design, point.workload).cycles;
  const engine::Bound bound = form.bound.value_or(engine::Bound{});
  std::printf(
      "%zu,ok,%llu,%.0f,%llu,%llu,%lld,%.1f\n", number, static_cast<unsigned long long>(simulated),
      form.cycles, static_cast<unsigned long long>(bound.at_least),
      static_cast<unsigned long long>(bound.at_most), static_cast<long long>(form.firings), took);
}

}  // namespace
}  // namespace weft

int sc_main(int, char**) {
  const weft::engine::Catalog catalog(WEFT_SOURCE_DIR "/configs");
  std::printf("point,status,systemc,analytic,at_least,at_most,firings,microseconds\n");
  std::size_t number = 0;
  for (std::string line; std::getline(std::cin, line); ++number) {
    try {
      weft::compare(number, weft::point_of(line), catalog);
    } catch (const weft::ConfigError&) {
      std::printf("%zu,refused,0,0,0,0,0,0\n", number);  // too small a buffer for any shape, say
    }
    std::fflush(stdout);
  }
  return 0;
}
