#include "models/engine/run/cost_json.hpp"

#include <utility>

#include "models/common/json.hpp"
#include "models/engine/result/area.hpp"

namespace weft::engine {
namespace {

using json::Writer;

void write(Writer& out, const char* name, const cost::Energy& energy) {
  out.key(name);
  out.begin_object();
  out.field("pj", energy.pj);
  out.field("source", energy.source);
  out.end_object();
}

void write(Writer& out, const char* name, const std::optional<cost::Area>& area) {
  out.key(name);
  if (!area) return out.null();
  out.begin_object();
  out.field("um2", area->um2);
  out.field("source", area->source);
  out.end_object();
}

void write_operations(Writer& out, const cost::Table& table) {
  out.key("operations");
  out.begin_object();
  for (const auto& [name, priced] : table.operations) {
    out.key(name);
    out.begin_object();
    write(out, "energy", priced.energy);
    write(out, "area", priced.area);
    out.end_object();
  }
  out.end_object();
}

void write_register_file(Writer& out, const cost::RegisterFile& file) {
  out.key("register_file");
  out.begin_object();
  write(out, "read", file.read);
  write(out, "write", file.write);
  write(out, "area", file.area);
  write(out, "area_per_address_bit", file.area_per_address_bit);
  out.field("charged", config::name_of(file.charged));
  out.field("reads_per_macc", file.reads_per_macc);
  out.field("writes_per_macc", file.writes_per_macc);
  out.field("reads_per_operation", file.reads_per_operation);
  out.field("writes_per_operation", file.writes_per_operation);
  out.end_object();
}

void write_buffer(Writer& out, const cost::Table& table) {
  out.objects("buffer_energy", table.buffer_energy, [&](const cost::BufferEnergy& entry) {
    out.field("bytes", entry.bytes);
    out.field("row_bytes", entry.row_bytes);
    out.field("read_pj", entry.read_pj);
    out.field("write_pj", entry.write_pj);
    out.field("source", entry.source);
  });
  out.objects("buffer_area", table.buffer_area, [&](const cost::BufferArea& entry) {
    out.field("bytes", entry.bytes);
    out.field("row_bytes", entry.row_bytes);
    out.field("um2", entry.um2);
    out.field("source", entry.source);
  });
}

// Only of tables that have any.
void write_unit_energy(Writer& out, const cost::Table& table) {
  if (table.unit_energy.empty()) return;
  out.objects("unit_energy", table.unit_energy, [&](const cost::UnitAction& entry) {
    out.field("counter", entry.counter);
    out.field("component", entry.component);
    out.field("pj", entry.pj);
    out.field("source", entry.source);
  });
}

void write_area(Writer& out, const AreaReport& area) {
  out.key("area_um2");
  out.begin_object();
  out.field("total", area.total_um2);
  out.objects("by_component", area.items, [&](const AreaItem& item) {
    out.field("component", item.component);
    out.field("count", item.count);
    out.field("um2_each", item.um2_each);
    out.field("um2", item.um2);
    out.field("source", item.source);
  });
  out.values("missing", area.missing);
  out.end_object();
}

void write_design(Writer& out, const CostReport& report) {
  out.key("design");
  if (report.design == nullptr) return out.null();
  out.begin_object();
  out.field("name", report.design->name());
  out.key("buffer_word");
  out.begin_object();
  out.field("bytes", report.design->arch().buffer.bytes);
  out.field("read_pj", report.word->read_pj);
  out.field("write_pj", report.word->write_pj);
  out.field("source", report.word->source);
  out.end_object();
  write_area(out, *report.area);
  out.end_object();
}

}  // namespace

CostReport cost_report(cost::Table table, const Design* design) {
  CostReport report{
      .table = std::move(table), .scaled_from = {}, .design = design, .word = {}, .area = {}};
  if (design != nullptr) {
    report.word = cost::buffer_word(report.table, design->arch().buffer.bytes);
    report.area = area_of(design->arch(), report.table);
  }
  return report;
}

std::string cost_json(const CostReport& report) {
  Writer out;
  out.begin_object();
  out.field("schema", "weft-cost/1");
  out.field("table", report.table.name);
  out.field("description", report.table.description);
  out.field("node", report.table.node);
  out.field("voltage_v", report.table.voltage_v);
  out.key("scaled_from");
  if (report.scaled_from) {
    out.begin_object();
    out.field("node", report.scaled_from->node);
    out.field("voltage_v", report.scaled_from->voltage_v);
    out.end_object();
  } else {
    out.null();
  }
  write_operations(out, report.table);
  write_register_file(out, report.table.register_file);
  write_buffer(out, report.table);
  write_unit_energy(out, report.table);
  write(out, "dram_per_bit", report.table.dram_per_bit);
  if (report.table.dram_write_per_bit)
    write(out, "dram_write_per_bit", *report.table.dram_write_per_bit);
  write_design(out, report);
  out.end_object();
  return out.take();
}

}  // namespace weft::engine
