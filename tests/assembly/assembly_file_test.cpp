// Files of assemblies that cannot be: what the message says, and where.
#include "sim/assembly/assembly_file.hpp"

#include <gmock/gmock.h>

#include <set>

#include "tests/assembly/bench.hpp"

namespace weft::sim::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kUnits =
    "units:\n"
    "  source: {class: source, attributes: {rows: 3}}\n"
    "  sink: {class: sink}\n";
constexpr const char* kLinks =
    "links:\n"
    "  - {from: source.out, to: sink.in}\n";

std::string faults_of(const std::string& yaml) {
  try {
    assembly_of(yaml);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no fault";
}

TEST(AssemblyFile, GroupsAndCountsAreInstances) {
  const Assembly assembly = assembly_of(
      "description: four filters in two groups\n"
      "units:\n"
      "  source: {class: source, attributes: {rows: 9}}\n"
      "  deal: {class: deal}\n"
      "  half:\n"
      "    count: 2\n"
      "    units:\n"
      "      deal: {class: deal}\n"
      "      filter: {class: filter, count: 2, attributes: {threshold: 0}}\n"
      "      gather: {class: gather}\n"
      "    links:\n"
      "      - {from: 'deal.out[*]', to: 'filter[*].in'}\n"
      "      - {from: 'filter[*].out', to: 'gather.in[*]'}\n"
      "  gather: {class: gather}\n"
      "  sink: {class: sink}\n"
      "links:\n"
      "  - {from: source.out, to: deal.in}\n"
      "  - {from: 'deal.out[*]', to: 'half[*].deal.in', depth: 7}\n"
      "  - {from: 'half[*].gather.out', to: 'gather.in[*]'}\n"
      "  - {from: gather.out, to: sink.in}\n");
  std::set<std::string> paths;
  for (const auto& member : assembly.members()) paths.insert(member.path);
  EXPECT_EQ(paths, (std::set<std::string>{"source", "deal", "gather", "sink", "half[0].deal",
                                          "half[0].filter[0]", "half[0].filter[1]",
                                          "half[0].gather", "half[1].deal", "half[1].filter[0]",
                                          "half[1].filter[1]", "half[1].gather"}));
  std::vector<std::string> joins;
  for (const auto& join : assembly.joins()) joins.push_back(join.from + " " + join.to);
  EXPECT_EQ(joins.size(), 14u);
  EXPECT_THAT(joins, testing::Contains("half[1].filter[0].out half[1].gather.in[0]"));
  EXPECT_THAT(joins, testing::Contains("deal.out[1] half[1].deal.in"));
}

TEST(AssemblyFaults, KeysThatThereAreNot) {
  EXPECT_THAT(faults_of(std::string(kUnits) + kLinks + "link: []\n"),
              AllOf(HasSubstr("assembly.yaml:6"), HasSubstr("did you mean 'links'?"),
                    HasSubstr("'clocks'")));
  EXPECT_THAT(faults_of("units:\n  source: {clas: source}\n"),
              AllOf(HasSubstr("assembly.yaml:2"), HasSubstr("did you mean 'class'?")));
  EXPECT_THAT(faults_of("units:\n  source: {class: source, attributes: {row: 3}}\n"),
              AllOf(HasSubstr("assembly.yaml:2"), HasSubstr("did you mean 'rows'?"),
                    HasSubstr("missing key: rows of items")));
  EXPECT_THAT(faults_of("units:\n  source: {class: source}\n"),
              AllOf(HasSubstr("assembly.yaml:2"), HasSubstr("units.source.attributes.rows"),
                    HasSubstr("missing key")));
  EXPECT_THAT(faults_of("links: []\n"), HasSubstr("missing key: units and groups by name"));
}

TEST(AssemblyFaults, ClassesThatThereAreNot) {
  EXPECT_THAT(faults_of("units:\n  a: {class: surce}\n"),
              AllOf(HasSubstr("assembly.yaml:2:14: units.a.class = 'surce'"),
                    HasSubstr("did you mean 'source'?"), HasSubstr("'filter'")));
  EXPECT_THAT(faults_of("units:\n  a: {count: 2}\n"), HasSubstr("needs a class, or the units"));
  EXPECT_THAT(faults_of("units:\n  a: {class: sink, units: {b: {class: sink}}}\n"),
              HasSubstr("one of the two"));
  EXPECT_THAT(faults_of("units:\n  'a.b': {class: sink}\n"),
              HasSubstr("letters, digits and underscores"));
}

TEST(AssemblyFaults, PortsThatThereAreNot) {
  const auto linked = [](const std::string& link) {
    return faults_of(std::string(kUnits) + "links:\n  - " + link + "\n");
  };
  EXPECT_THAT(linked("{from: source.ot, to: sink.in}"),
              AllOf(HasSubstr("assembly.yaml:5:"), HasSubstr("links[0].from = 'source.ot'"),
                    HasSubstr("did you mean 'source.out'?")));
  EXPECT_THAT(linked("{from: source.out, to: sinks.in}"),
              AllOf(HasSubstr("links[0].to"), HasSubstr("did you mean 'sink.in'?")));
  EXPECT_THAT(linked("{from: sink.in, to: source.out}"),
              AllOf(HasSubstr("takes in, and does not send"),
                    HasSubstr("sends, and does not take in"), HasSubstr("Allowed: 'source.out'")));
  EXPECT_THAT(linked("{from: 'source.out[*]', to: sink.in}"), HasSubstr("[*] stands once"));
}

TEST(AssemblyFaults, PortsJoinedTwiceOrNotAtAll) {
  EXPECT_THAT(
      faults_of(std::string(kUnits) + kLinks + "  - {from: source.out, to: sink.in}\n"),
      AllOf(HasSubstr("assembly.yaml:6:"), HasSubstr("is joined already, at assembly.yaml:5"),
            Not(HasSubstr("joined to nothing"))));
  EXPECT_THAT(faults_of(kUnits), AllOf(HasSubstr("assembly.yaml:2:"), HasSubstr("source.out"),
                                       HasSubstr("sends 'item' and is joined to nothing"),
                                       HasSubstr("sink.in"), HasSubstr("takes in 'item'")));
}

struct Note {
  static constexpr std::string_view kName = "note";
  void fingerprint(StateWords& /*out*/) const {}
  void advance(Cycle /*cycles*/) {}
};
class NoteTaker final : public Unit {
 public:
  const UnitClass& unit_class() const override {
    static constexpr UnitClass kNoteTaker{"note taker"};
    return kNoteTaker;
  }
  TimingDependsOn timing_depends_on() const override { return TimingDependsOn::shape; }
  void list_ports(PortList& ports) override { ports.add("in", in_); }
  Cycle step(Cycle /*now*/) override { return kNever; }

 private:
  In<Note> in_;
};

TEST(AssemblyFaults, MessagesThatDiffer) {
  UnitFactories all = factories();
  all["note_taker"] = [](const Attributes&, config::Reader&) {
    return std::make_unique<NoteTaker>();
  };
  const std::string yaml =
      "units:\n"
      "  source: {class: source, attributes: {rows: 3}}\n"
      "  taker: {class: note_taker}\n"
      "links:\n"
      "  - {from: source.out, to: taker.in}\n";
  try {
    read_assembly(config::load_text(yaml, "assembly.yaml"), all);
    FAIL() << "was read";
  } catch (const ConfigError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("assembly.yaml:5"), HasSubstr("sends 'item'"),
                                    HasSubstr("takes 'note'")));
  }
}

TEST(AssemblyFaults, NumbersOutOfRange) {
  const auto depth = [](const std::string& value) {
    return faults_of(std::string(kUnits) +
                     "links:\n  - {from: source.out, to: sink.in, depth: " + value + "}\n");
  };
  EXPECT_EQ(depth("1"), "no fault");
  EXPECT_THAT(depth("0"), HasSubstr("links[0].depth = '0'"));
  EXPECT_THAT(depth("2.5"), HasSubstr("whole number"));
  EXPECT_THAT(faults_of("units:\n  a: {class: sink, count: 0}\n"),
              HasSubstr("units.a.count = '0'"));
}

TEST(AssemblyFaults, ClocksThatCannotBe) {
  const auto clocked = [](const std::string& clocks, const std::string& clock) {
    return faults_of(clocks +
                     "units:\n"
                     "  source: {class: source, attributes: {rows: 3}, clock: " +
                     clock +
                     "}\n"
                     "  sink: {class: sink}\n" +
                     kLinks);
  };
  EXPECT_EQ(clocked("clocks: {slow: 3/7}\n", "slow"), "no fault");
  EXPECT_THAT(clocked("clocks: {slow: 3/7}\n", "slw"), HasSubstr("did you mean 'slow'?"));
  EXPECT_THAT(clocked("", "slow"), HasSubstr("no `clocks`"));
  for (const char* ratio : {"3", "0/7", "3/0", "3/-7", "3.5/7", "1/2000000", "a/b", "3/7/2"}) {
    EXPECT_THAT(clocked("clocks: {slow: " + std::string(ratio) + "}\n", "slow"),
                AllOf(HasSubstr("assembly.yaml:1"), HasSubstr("clocks.slow"), HasSubstr("P/Q")))
        << ratio;
  }
  EXPECT_THAT(clocked("clocks: {slow: 999983/1, odd: 999979/1}\n", "slow"),
              HasSubstr("no common tick"));
}

TEST(AssemblyFaults, MoreUnitsThanAnyoneNeeds) {
  EXPECT_THAT(faults_of("units:\n"
                        "  a:\n"
                        "    count: 4096\n"
                        "    units:\n"
                        "      b: {count: 4096, units: {c: {class: sink, count: 4096}}}\n"),
              HasSubstr("more than 65536 units"));
}

}  // namespace
}  // namespace weft::sim::test
