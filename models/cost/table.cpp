#include "models/cost/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "models/cost/scaling.hpp"

namespace weft::cost {
namespace {

std::vector<std::string> names_of_operations() {
  return {kOperationNames.begin(), kOperationNames.end()};
}

// What the field tables cannot say. Only values that were read are judged: the reader has named the
// others.
class Checker {
 public:
  Checker(const Table& table, config::Reader& reader) : table_(table), reader_(reader) {}

  void run(const config::Value& document) {
    check_sources(document);
    if (document.is_map()) check_operations(document);
    if (!table_.node.empty() && !node_nm(table_.node))
      add("node", table_.node, "must be " + allowed_nodes());
    check_buffer_energy();
    check_buffer_area();
  }

 private:
  void add(const std::string& path, const std::string& value, std::string message) {
    reader_.add({config::origin_of(table_.origins, path), path, value, std::move(message)});
  }

  // A source of nothing but spaces; the reader refuses the empty one.
  void check_sources(const config::Value& value) {
    if (value.is_list()) {
      for (const config::Value& item : value.items()) check_sources(item);
    } else if (value.is_map()) {
      for (const auto& [key, member] : value.members()) {
        const bool blank =
            member.is_scalar() && member.text().find_first_not_of(" \t\r\n") == std::string::npos;
        if (key.text() == "source" && blank && !member.text().empty())
          reader_.add(member.problem("must say where the number comes from"));
        check_sources(member);
      }
    }
  }

  void check_operations(const config::Value& document) {
    const std::vector<std::string> known = names_of_operations();
    for (const auto& [key, member] : document.members()) {
      if (key.text() != "operations" || !member.is_map()) continue;
      for (const auto& [name, priced] : member.members()) {
        if (std::find(known.begin(), known.end(), name.text()) == known.end())
          reader_.add({name.where(), name.path(), "",
                       "unknown operation; " + config::unknown_name(name.text(), known)});
      }
    }
  }

  void check_buffer_energy() {
    const auto path = [](std::size_t i, const char* field) {
      return fmt::format("buffer_energy[{}].{}", i, field);
    };
    for (std::size_t i = 0; i < table_.buffer_energy.size(); ++i) {
      const BufferEnergy& entry = table_.buffer_energy[i];
      if (entry.bytes == 0 || entry.row_bytes == 0) continue;
      if (entry.row_bytes > entry.bytes)
        add(path(i, "row_bytes"), std::to_string(entry.row_bytes),
            "a row is larger than the buffer");
      if (i == 0 || table_.buffer_energy[i - 1].bytes == 0) continue;
      const BufferEnergy& before = table_.buffer_energy[i - 1];
      if (entry.bytes <= before.bytes)
        add(path(i, "bytes"), std::to_string(entry.bytes),
            fmt::format("capacities must rise; the one before has {}", before.bytes));
      const auto same = [&](const char* field, double one, double other) {
        if ((one == 0) != (other == 0))
          add(path(i, field), config::number_text(one),
              "zero at every capacity or at none: between them is a power law");
        if (one / static_cast<double>(entry.row_bytes) <
            other / static_cast<double>(before.row_bytes))
          add(path(i, field), config::number_text(one),
              "a byte costs less than in the smaller buffer before: beyond the last it would cost "
              "nothing");
      };
      same("read_pj", entry.read_pj, before.read_pj);
      same("write_pj", entry.write_pj, before.write_pj);
    }
  }

  void check_buffer_area() {
    std::set<std::pair<std::int64_t, std::int64_t>> seen;
    for (std::size_t i = 0; i < table_.buffer_area.size(); ++i) {
      const BufferArea& entry = table_.buffer_area[i];
      const std::string path = fmt::format("buffer_area[{}]", i);
      if (entry.bytes == 0 || entry.row_bytes == 0) continue;
      if (entry.row_bytes > entry.bytes)
        add(path + ".row_bytes", std::to_string(entry.row_bytes),
            "a row is larger than the buffer");
      if (!seen.emplace(entry.bytes, entry.row_bytes).second)
        add(path, "",
            fmt::format("the second entry of {} bytes in rows of {}", entry.bytes,
                        entry.row_bytes));
    }
  }

  const Table& table_;
  config::Reader& reader_;
};

constexpr const char* kSchema = "weft-cost/1";

// What the document of `weft cost --json` says of the table beside it.
struct Beside {};
inline void read_custom(const config::Value&, Beside&, config::Reader&) {}

struct TableDocument : Table {
  std::string schema;
  std::string table;
  Beside scaled_from;
  Beside design;
};
auto fields(config::Tag<TableDocument>) {
  using config::optional, config::required;
  return config::joined(
      config::field_table(required("schema", &TableDocument::schema, kSchema),
                          required("table", &TableDocument::table, "its name"),
                          optional("scaled_from", &TableDocument::scaled_from, "not used"),
                          optional("design", &TableDocument::design, "not used")),
      fields(config::Tag<Table>{}));
}

// Whether it is such a document; one of another kind is refused.
bool is_document(const config::Value& root) {
  if (!root.is_map()) return false;
  for (const auto& [key, member] : root.members()) {
    if (key.text() != "schema") continue;
    if (member.text() != kSchema)
      throw ConfigError(
          member.problem(std::string("must be '") + kSchema + "', a table of weft cost --json"));
    return true;
  }
  return false;
}

BufferWord word_of(const BufferEnergy& entry) {
  const double share = kWordBytes / static_cast<double>(entry.row_bytes);
  return {entry.read_pj * share, entry.write_pj * share, entry.source};
}

// The exponent of the power law through two energies, over the logarithm of their capacities'
// ratio.
double power_of(double small, double large, double log_ratio) {
  check((small == 0) == (large == 0),
        "a buffer's energy is zero at one capacity and not at the next");
  return small == 0 ? 0 : std::log(large / small) / log_ratio;
}

BufferWord from_one(const BufferEnergy& entry, std::int64_t bytes) {
  const double factor = std::sqrt(static_cast<double>(bytes) / static_cast<double>(entry.bytes));
  const BufferWord word = word_of(entry);
  return {word.read_pj * factor, word.write_pj * factor,
          fmt::format("extrapolated from {} to {}, square root of capacity: {}",
                      size_text(entry.bytes), size_text(bytes), entry.source)};
}

BufferWord from_two(const BufferEnergy& small, const BufferEnergy& large, std::int64_t bytes) {
  const BufferWord low = word_of(small);
  const BufferWord high = word_of(large);
  const double log_ratio =
      std::log(static_cast<double>(large.bytes) / static_cast<double>(small.bytes));
  const double log_step = std::log(static_cast<double>(bytes) / static_cast<double>(small.bytes));
  const double read_power = power_of(low.read_pj, high.read_pj, log_ratio);
  const double write_power = power_of(low.write_pj, high.write_pj, log_ratio);
  const bool inside = bytes > small.bytes && bytes < large.bytes;
  std::string source = fmt::format("{} between {} and {} to {}, power {:.3g}",
                                   inside ? "interpolated" : "extrapolated", size_text(small.bytes),
                                   size_text(large.bytes), size_text(bytes), read_power);
  if (write_power != read_power)
    source += fmt::format(" of reads and {:.3g} of writes", write_power);
  source += ": " + small.source;
  if (large.source != small.source) source += "; " + large.source;
  return {low.read_pj * std::exp(read_power * log_step),
          low.write_pj * std::exp(write_power * log_step), std::move(source)};
}

}  // namespace

std::string size_text(std::int64_t bytes) {
  constexpr std::array<std::pair<std::int64_t, const char*>, 3> kUnits{
      {{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}}};
  for (const auto& [size, unit] : kUnits) {
    if (bytes % size == 0) return fmt::format("{} {}", bytes / size, unit);
  }
  return fmt::format("{} B", bytes);
}

BufferWord buffer_word(const Table& table, std::int64_t bytes) {
  const std::vector<BufferEnergy>& entries = table.buffer_energy;
  check(bytes > 0, "a buffer without bytes");
  check(!entries.empty(), "a cost table without buffer_energy");
  const auto above =
      std::lower_bound(entries.begin(), entries.end(), bytes,
                       [](const BufferEnergy& e, std::int64_t b) { return e.bytes < b; });
  if (above != entries.end() && above->bytes == bytes) return word_of(*above);
  if (entries.size() == 1) return from_one(entries.front(), bytes);
  const auto upper = std::clamp(above, entries.begin() + 1, entries.end() - 1);
  return from_two(*(upper - 1), *upper, bytes);
}

const Energy& dram_bit(const Table& table, bool written) {
  return written && table.dram_write_per_bit ? *table.dram_write_per_bit : table.dram_per_bit;
}

const Operation& operation(const Table& table, const std::string& name) {
  if (const auto found = table.operations.find(name); found != table.operations.end())
    return found->second;
  std::vector<std::string> known;
  for (const auto& [each, value] : table.operations) known.push_back(each);
  throw ConfigError(Problem{config::origin_of(table.origins, "operations"), "operations." + name,
                            "",
                            "missing key: the design makes this operation, and cost table " +
                                table.name + " has only " + one_of(known)});
}

Table load_table(const std::string& file) {
  const config::Value document = config::load_file(file);
  TableDocument table;
  config::Reader reader(&table.origins);
  if (is_document(document)) {
    reader.take_nothing_as_absent();
    config::read(document, table, reader);
    table.name = table.table;
  } else {
    config::read(document, static_cast<Table&>(table), reader);
    table.name = std::filesystem::path(file).stem().string();
  }
  if (!table.origins.contains("")) table.origins[""] = {file, 0, 0};
  Checker(table, reader).run(document);
  reader.finish();
  return std::move(static_cast<Table&>(table));
}

}  // namespace weft::cost
