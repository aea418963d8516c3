// Sweep files: what they may say, their points by number, and conditions.
#include "models/sweep/sweep_file.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "models/sweep/grid.hpp"

namespace weft::sweep {
namespace {

SweepFile parse(const std::string& text) { return parse_sweep(text, "s.yaml"); }

constexpr const char* kHead = "name: s\ndesigns: [flat, fusemax]\nworkloads: [bert-base]\n";

// Every point as "design workload value value".
std::vector<std::string> points_of(const std::string& text) {
  const SweepFile file = parse(text);
  const Grid grid(file);
  std::vector<std::string> all;
  Choice choice;
  for (std::uint64_t i = 0; i < grid.size(); ++i) {
    grid.choose(i, choice);
    if (!grid.wanted(choice)) continue;
    std::string words = file.designs[choice.design].text;
    for (std::size_t b = 0; b < file.blocks.size(); ++b) {
      for (const auto& value : file.blocks[b].rows[choice.rows[b]])
        words += " " + (value ? value->text : "-");
    }
    all.push_back(words);
  }
  EXPECT_EQ(all.size(), grid.count_wanted());
  return all;
}

TEST(SweepFile, AGridIsEveryCombinationTheLastKeyFirst) {
  EXPECT_EQ(points_of(std::string(kHead) + "grid: {seq: [1K, 2K], batch: [1]}\n"),
            (std::vector<std::string>{"flat 1K 1", "flat 2K 1", "fusemax 1K 1", "fusemax 2K 1"}));
}

// Every point is in one turn, and with it the same combinations with every other workload.
TEST(SweepFile, TurnsHaveEveryPointOnceWithAllWorkloads) {
  for (const int lengths : {1, 31, 32, 33, 100}) {
    for (const char* workloads : {"", "workloads: [bert-base]\n", "workloads: [xlm, t5-small]\n"}) {
      std::string text = "name: s\ndesigns: [flat, fusemax, unfused]\n" + std::string(workloads);
      text += "grid: {batch: [1, 2], seq: [1";
      for (int i = 2; i <= lengths; ++i) text += ", " + std::to_string(i);
      const SweepFile file = parse(text + "]}\n");
      const Grid grid(file);
      std::vector<int> seen(grid.size(), 0);
      for (std::uint64_t turn = 0; turn < grid.turns(); ++turn) {
        std::map<std::vector<std::size_t>, std::set<std::size_t>> with;
        std::set<std::size_t> designs;
        grid.each_of(turn, [&](std::uint64_t i) {
          ++seen.at(i);
          Choice choice;
          grid.choose(i, choice);
          designs.insert(choice.design);
          with[choice.rows].insert(choice.workload);
        });
        EXPECT_EQ(designs.size(), 1u);
        for (const auto& [rows, each] : with)
          EXPECT_EQ(each.size(), std::max<std::size_t>(1, file.workloads.size()));
      }
      EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), static_cast<std::ptrdiff_t>(grid.size()));
      EXPECT_EQ(grid.size(), 6u * lengths * std::max<std::size_t>(1, file.workloads.size()));
    }
  }
}

TEST(SweepFile, KeysOfAZipVaryTogether) {
  EXPECT_EQ(
      points_of("name: s\ndesigns: [flat]\nzip: {heads: [8, 16], kv-heads: [2, 4]}\n"
                "grid: {seq: [64, 65]}\n"),
      (std::vector<std::string>{"flat 8 2 64", "flat 8 2 65", "flat 16 4 64", "flat 16 4 65"}));
  EXPECT_EQ(points_of("name: s\ndesigns: [flat]\nzip: [{heads: [8, 16], kv-heads: [2, 4]}, "
                      "{seq: [1, 2]}]\n")
                .size(),
            4u);
}

TEST(SweepFile, PointsOneByOneMayLeaveKeysOut) {
  EXPECT_EQ(points_of("name: s\ndesigns: [flat]\npoints:\n- {seq: 64}\n- {seq: 65, batch: 2}\n"),
            (std::vector<std::string>{"flat 64 -", "flat 65 2"}));
}

TEST(SweepFile, ListsAmongValuesAreJoined) {
  EXPECT_EQ(points_of("name: s\ndesigns: [flat]\ngrid: {seq: [[512, 2K, 7], 1K]}\n"),
            (std::vector<std::string>{"flat 512,2K,7", "flat 1K"}));
}

TEST(SweepFile, ConditionsLeavePointsOut) {
  const std::string grid = "grid: {heads: [4, 8], kv-heads: [2, 4, 8]}\n";
  EXPECT_EQ(points_of("name: s\ndesigns: [flat]\n" + grid + "where: [kv-heads <= heads]\n").size(),
            5u);
  EXPECT_EQ(
      points_of("name: s\ndesigns: [flat]\n" + grid + "where: ['heads == 8', '2 != kv-heads']\n"),
      (std::vector<std::string>{"flat 8 4", "flat 8 8"}));
  // Numbers as numbers: 1K is above 512.
  EXPECT_EQ(points_of("name: s\ndesigns: [flat]\ngrid: {seq: [512, 1K]}\nwhere: [seq > 600]\n"),
            (std::vector<std::string>{"flat 1K"}));
  EXPECT_EQ(points_of(std::string(kHead) + "grid: {seq: [1, 2]}\nwhere: [design != flat]\n"),
            (std::vector<std::string>{"fusemax 1", "fusemax 2"}));
  // A point that leaves the key out is not asked.
  EXPECT_EQ(points_of("name: s\ndesigns: [flat]\npoints: [{seq: 64}, {seq: 65, batch: 2}]\n"
                      "where: [batch == 1]\n"),
            (std::vector<std::string>{"flat 64 -"}));
}

// What is said of a text, its place among it.
std::string said_of(const std::string& text) {
  try {
    const SweepFile file = parse(text);
    const Grid grid(file);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "nothing";
}

TEST(SweepFile, FaultsHaveLineFieldValueAndWhatIsAllowed) {
  const std::string head = kHead;
  for (const auto& [text, words] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {"[1]", {"s.yaml:1", "must be a map"}},
           {head + "colour: red\n", {"s.yaml:4:1", "colour", "unknown key", "name"}},
           {head + "grid: {seq: []}\n", {"s.yaml:4", "grid.seq", "one or more"}},
           {head + "grid: {seq: 1K}\n", {"s.yaml:4", "grid.seq", "1K", "list"}},
           {head + "grid: {seq: [{a: 1}]}\n", {"s.yaml:4", "grid.seq[0]", "must be a number"}},
           {head + "grid: {seq: [[]]}\n", {"s.yaml:4", "grid.seq[0]"}},
           {head + "grid: {seq: [~]}\n", {"s.yaml:4", "grid.seq[0]"}},
           {head + "grid: []\n", {"s.yaml:4", "grid", "map"}},
           {head + "zip: {heads: [1, 2], kv-heads: [1]}\n", {"s.yaml:4", "zip.kv-heads", "has 1 "}},
           {head + "zip: []\n", {"s.yaml:4", "zip"}},
           {head + "points: {seq: 1}\n", {"s.yaml:4", "points", "list"}},
           {head + "points: [1]\n", {"s.yaml:4", "points[0]", "map"}},
           {head + "grid: {seq: [1]}\npoints: [{seq: 1}]\n", {"s.yaml:5", "seq", "varied twice"}},
           {head + "grid: {seq: [1]}\nwhere: [seq = 1]\n", {"s.yaml:5", "relations"}},
           {head + "grid: {seq: [1]}\nwhere: [seq <]\n", {"s.yaml:5", "relations"}},
           {head + "grid: {seq: [1]}\nwhere: [sek > 1]\n",
            {"s.yaml:5", "sek", "did you mean 'seq'"}},
           {head + "grid: {seq: [1]}\nwhere: [2 > 1]\n", {"s.yaml:5", "name a key"}},
           {head + "where: seq > 1\n", {"s.yaml:4", "where", "list"}},
           {"designs: [flat]\n", {"s.yaml", "name", "missing key"}},
           {"name: s\n", {"s.yaml", "designs", "missing key"}},
           {"name: [s]\ndesigns: [flat]\n", {"s.yaml:1", "name", "text"}},
           {"name: s\ndesigns: flat\n", {"s.yaml:2", "designs", "list"}},
           {"name: s\ndesigns: [[a, b]]\n", {"s.yaml:2", "designs[0]"}},
           {head + "fidelity: [analytic]\n", {"s.yaml:4", "fidelity", "text"}}}) {
    const std::string said = said_of(text);
    for (const std::string& word : words)
      EXPECT_NE(said.find(word), std::string::npos) << text << "\n" << said << "\nlacks " << word;
  }
}

TEST(SweepFile, MorePointsThanAnybodyWaitsForAreRefused) {
  std::string list = "[";
  for (int i = 0; i < 1000; ++i) list += std::to_string(i + 1) + ", ";
  list += "1001]";
  const std::string text = std::string(kHead) + "grid:\n  seq: " + list + "\n  batch: " + list +
                           "\n  heads: " + list + "\n";
  EXPECT_NE(said_of(text).find("more than 100000000 points"), std::string::npos) << said_of(text);
}

}  // namespace
}  // namespace weft::sweep
