#include "models/engine/result/energy.hpp"

#include <cmath>

#include "models/common/error.hpp"

namespace weft::engine {
namespace {

// Collects the actions of one run.
class Charges {
 public:
  Charges(const Result& result, const Lowering& lowering, const cost::Table& table)
      : result_(result), lowering_(lowering), table_(table) {}

  std::vector<cost::ActionCount> run() {
    for (const UnitResult& unit : result_.units) {
      if (unit.kind == UnitKind::array) array(unit);
    }
    if (lowering_.groups.empty()) {
      units();
    } else {
      buffer();
    }
    dram();
    double sum = 0;
    for (const cost::ActionCount& action : actions_) sum += action.count * action.pj_per_action;
    check(std::abs(sum - total_pj(actions_)) <= 1e-9 * sum,
          "energy is not the sum of counts times energy per action");
    return std::move(actions_);
  }

 private:
  void charge(std::string component, std::string action, double count, double pj,
              const std::string& source) {
    if (count > 0)
      actions_.push_back({std::move(component), std::move(action), count, pj, count * pj, source});
  }

  void array(const UnitResult& unit) {
    const std::string& name = lowering_.array_names[unit.array];
    const Array& array = *lowering_.arrays[unit.array];
    const auto count = [&](ArrayCounter counter) {
      return static_cast<double>(unit.counters[static_cast<std::size_t>(counter)]);
    };
    double maccs = count(ArrayCounter::macc);
    double exps = count(ArrayCounter::exp);
    const double others = count(ArrayCounter::multiply) + count(ArrayCounter::add) +
                          count(ArrayCounter::max) + count(ArrayCounter::divide);
    if (exps > 0) {
      const Exponential& exp = array.operations.exp.value();
      // By a polynomial or by segments it is sequential MACCs of the element, one a cycle.
      if (exp.method != ExpMethod::unit) {
        maccs += exps * static_cast<double>(exp.interval_cycles);
        exps = 0;
      }
    }
    const auto operation = [&](const char* kind, double times) {
      if (times <= 0) return;
      const cost::Energy& energy = cost::operation(table_, kind).energy;
      charge(name + "." + kind, "compute", times, energy.pj, energy.source);
    };
    operation("macc", maccs);
    operation("multiply", count(ArrayCounter::multiply));
    operation("add", count(ArrayCounter::add));
    operation("max", count(ArrayCounter::max));
    operation("exp", exps);
    operation("divide", count(ArrayCounter::divide));
    registers(name, array, maccs, others + exps);
  }

  void registers(const std::string& name, const Array& array, double maccs, double others) {
    const cost::RegisterFile& file = table_.register_file;
    const double charged =
        file.charged == cost::Charged::every_element ? 1.0 : 1.0 / elements_of(array);
    const double reads =
        charged * (maccs * file.reads_per_macc + others * file.reads_per_operation);
    const double writes =
        charged * (maccs * file.writes_per_macc + others * file.writes_per_operation);
    charge(name + ".register_file", "read", reads, file.read.pj, file.read.source);
    charge(name + ".register_file", "write", writes, file.write.pj, file.write.source);
  }

  // Of an assembly: what the table charges of what its units counted, by component in the table's
  // order. A table that charges nothing of them prices another engine.
  void units() {
    if (table_.unit_energy.empty())
      throw ConfigError(Problem{config::origin_of(table_.origins, ""), "unit_energy", "",
                                "missing key: the design is an assembly of units, and cost table " +
                                    table_.name + " prices none"});
    for (const cost::UnitAction& priced : table_.unit_energy) {
      double count = 0;
      for (const UnitResult& unit : result_.units) count += counted(unit, priced.counter);
      charge(priced.component, priced.counter, count, priced.pj, priced.source);
    }
  }

  static double counted(const UnitResult& unit, const std::string& counter) {
    const std::size_t dot = counter.find('.');
    if (dot == std::string::npos || std::string_view(counter).substr(0, dot) != unit.kind.name())
      return 0;
    const auto declared = counters_of(unit.kind);
    for (std::size_t c = 0; c < declared.size(); ++c) {
      if (declared[c].name == std::string_view(counter).substr(dot + 1))
        return static_cast<double>(unit.counters[c]);
    }
    return 0;
  }

  // Words of 16 bits: what the arrays read and write, and what comes from and goes to the DRAM.
  void buffer() {
    double read = 0;
    double written = 0;
    for (const Traffic& traffic : result_.traffic) {
      const bool dram = traffic.level == UnitKind::dram;
      read += static_cast<double>(dram ? traffic.written_bytes : traffic.read_bytes);
      written += static_cast<double>(dram ? traffic.read_bytes : traffic.written_bytes);
    }
    const cost::BufferWord word = cost::buffer_word(table_, lowering_.arch->buffer.bytes);
    charge("buffer", "read", read / 2, word.read_pj, word.source);
    charge("buffer", "write", written / 2, word.write_pj, word.source);
  }

  void dram() {
    double read = 0;
    double written = 0;
    for (const Traffic& traffic : result_.traffic) {
      if (traffic.level != UnitKind::dram) continue;
      read += static_cast<double>(traffic.read_bytes);
      written += static_cast<double>(traffic.written_bytes);
    }
    const cost::Energy& from = cost::dram_bit(table_, false);
    const cost::Energy& to = cost::dram_bit(table_, true);
    charge("dram", "read", read / 2, 16 * from.pj, from.source);
    charge("dram", "write", written / 2, 16 * to.pj, to.source);
  }

  const Result& result_;
  const Lowering& lowering_;
  const cost::Table& table_;
  std::vector<cost::ActionCount> actions_;
};

}  // namespace

std::vector<cost::ActionCount> energy_of(const Result& result, const Lowering& lowering,
                                         const cost::Table& table) {
  return Charges(result, lowering, table).run();
}

double elements_of(const Array& array) {
  return static_cast<double>(array.kind == ArrayKind::spatial ? *array.rows * *array.columns
                                                              : *array.lanes);
}

double total_pj(const std::vector<cost::ActionCount>& actions) {
  double total = 0;
  for (const cost::ActionCount& action : actions) total += action.pj;
  return total;
}

}  // namespace weft::engine
