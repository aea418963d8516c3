// Every published figure beside ours, with the reason where they part.
#include <fmt/format.h>

#include <cmath>

#include "models/evaluation/spatten/benchmarks.hpp"
#include "models/evaluation/spatten/evaluation.hpp"

namespace weft::evaluation::spatten {
namespace {

constexpr const char* kAllRuns = "weft reproduce spatten --json -";

class Figures {
 public:
  explicit Figures(const Evaluation& all) : all_(all) {}

  std::vector<Figure> list() {
    traffic();
    time();
    ablation();
    sweeps();
    eighth();
    power();
    area();
    return std::move(figures_);
  }

 private:
  void add(const char* name, const char* unit, double published, std::optional<double> ours,
           std::string reason, std::string command = kAllRuns) {
    Figure figure{.name = name,
                  .unit = unit,
                  .published = published,
                  .ours = ours,
                  .reason = {},
                  .command = std::move(command)};
    if (!ours || std::abs(figure.difference()) > 0.1) figure.reason = std::move(reason);
    figures_.push_back(std::move(figure));
  }
  static std::optional<double> of(const Mean& mean) {
    return mean.count == 0 ? std::nullopt : std::optional(mean.arithmetic);
  }
  static std::optional<double> geometric(const Mean& mean) {
    return mean.count == 0 ? std::nullopt : std::optional(mean.geometric);
  }
  std::string command(const char* design) const {
    const Kept* kept = all_.point(design, kOwnBenchmark);
    return kept == nullptr ? kAllRuns : kept->command;
  }
  Mean whole_saving(const char* which) const {
    return mean_over(which, [&](const std::string& benchmark) -> std::optional<double> {
      const Kept* mine = all_.point("spatten", benchmark);
      if (mine == nullptr || mine->dram_bytes <= 0) return std::nullopt;
      return mine->breakdown[0] / mine->dram_bytes;
    });
  }
  // Of dense operations a second.
  Mean rate(const char* design, const char* which) const {
    return mean_over(which, [&](const std::string& benchmark) -> std::optional<double> {
      const Kept* mine = all_.point(design, benchmark);
      if (mine == nullptr) return std::nullopt;
      return mine->flops / mine->seconds;
    });
  }

  // Multiplications of the arrays, with their additions, in 10^12 a second.
  std::optional<double> made(const char* which) const {
    return of(mean_over(which, [&](const std::string& benchmark) -> std::optional<double> {
      const Kept* mine = all_.point("spatten", benchmark);
      if (mine == nullptr) return std::nullopt;
      double products = 0;
      for (const char* counter : {"qk.multiplications", "prob_v.multiplications"}) {
        const auto found = mine->counts.find(counter);
        if (found == mine->counts.end()) return std::nullopt;
        products += found->second;
      }
      return 2 * products / mine->seconds / 1e12;
    }));
  }

  void traffic() {
    const char* schedules =
        "the published mean does not say of which kind it is; bytes moved in accesses of 32 bytes; "
        "the schedules of 29 benchmarks are not published, and GPT-2's are taken from the one that "
        "is, which prunes more than the published mean";
    add("DRAM access saved, arithmetic mean of 30, baseline of 32 bit", "x", 10.0,
        of(whole_saving("all")), schedules);
    add("DRAM access saved, geometric mean of 30, baseline of 32 bit", "x", 10.0,
        geometric(whole_saving("all")), schedules);
    add("of it tokens and values, mean of 30", "x", 1.9,
        of(saving_of(all_, Technique::tokens_and_values, "all")),
        "GPT-2's schedule of the public file weighs in with 8 of 30; see the next");
    add("of it tokens and values, GPT-2", "x", 3.8,
        of(saving_of(all_, Technique::tokens_and_values, "gpt2")),
        "the public file of GPT-2 small on WikiText-2 prunes more than the published mean: its "
        "rows ask for 1/3.62 of the keys and 1/18.2 of the values, together 1/6.0");
    add("of it heads, mean of 30", "x", 1.1, of(saving_of(all_, Technique::heads, "all")),
        "the public file prunes no heads of GPT-2; BERT's share follows from the published mean");
    add("of it bits, mean of 30", "x", 5.1, of(saving_of(all_, Technique::bits, "all")),
        "6 bits, and 4 more for a part of the rows");
    const Kept* own = all_.point("spatten", kOwnBenchmark);
    add("bytes asked for, GPT-2 small on WikiText-2 (public file)", "B", 82428256,
        own == nullptr ? std::nullopt : std::optional(own->asked_bytes),
        "the schedule's rows grow with the sentence, the file's are of 1024 tokens throughout",
        command("spatten"));
  }

  void time() {
    add("throughput, BERT", "TFLOP/s", 1.61, made("bert"),
        "multiplications that are made, and their additions; the published lengths are not known, "
        "and of short sentences softmax, 8 scores a cycle, and the pipeline's filling bound ours");
    add("throughput, GPT-2", "TFLOP/s", 0.43, made("gpt2"),
        "multiplications that are made, and their additions: of what the schedule of the public "
        "file keeps, which is less than the published mean");
    for (const Comparison& row : comparisons_of(all_)) {
      if (row.over != "all") continue;
      if (row.design == "titan-xp") {
        add("speed-up over TITAN Xp, geometric mean", "x", 162, geometric(row.speedup),
            "TITAN Xp is a mean rate of BERT and one of GPT-2: of short sentences it reaches less, "
            "so that ours is lower there than published",
            command("titan-xp"));
        add("energy saved over TITAN Xp, geometric mean", "x", 1193, geometric(row.energy),
            "as its time; our energy is Horowitz's, not a synthesis", command("titan-xp"));
      }
      if (row.design == "xeon-e5-2640") {
        add("speed-up over Xeon, geometric mean", "x", 347, geometric(row.speedup),
            "its rates follow from TITAN Xp's and the published ratio of both: the same difference",
            command("xeon-e5-2640"));
        add("energy saved over Xeon, geometric mean", "x", 4059, geometric(row.energy),
            "as its time", command("xeon-e5-2640"));
      }
    }
  }

  void ablation() {
    constexpr std::array<const char*, 4> kReasons{
        "the 12-bit operands are in this step here, 1/2.7 of the bytes of 32 bits; the published "
        "steps may count them under quantisation",
        "the schedule of the public file leaves a tenth to a fifth of the keys to most layers, "
        "more than the published mean; one comparator then bounds a row, as published",
        "what one comparator costs beyond the memory is what sixteen win",
        "most of the bits are in the first step here; what 6 bits save more is lost to rows that "
        "are computed again, which idle what stands behind, and to the top-k engine and latencies "
        "between layers, which bits do not shorten"};
    std::size_t step = 0;
    double last = 0;
    for (const AblationStep& one : ablation_of(all_)) {
      const std::size_t place = std::min<std::size_t>(step++, kReasons.size() - 1);
      figures_.push_back({.name = "ablation, GPT-2: " + one.label,
                          .unit = "x",
                          .published = one.published,
                          .ours = one.factor,
                          .reason = {},
                          .command = kAllRuns});
      Figure& figure = figures_.back();
      if (std::abs(figure.difference()) > 0.1) figure.reason = kReasons[place];
      last = one.over_titan;
    }
    if (last > 0)
      add("ablation, GPT-2: all steps over TITAN Xp", "x", 22.1 * 1.1 * 3 * 2.8, last,
          "the product of the steps", command("spatten"));
  }

  // Time at one place of a sweep by that at another.
  std::optional<double> at(Part part, double x, double to) const {
    double above = 0;
    double below = 0;
    for (const RunKept& one : all_.runs) {
      if (one.run.part != part || !one.kept.ok()) continue;
      if (one.run.x == x) above = one.kept.seconds;
      if (one.run.x == to) below = one.kept.seconds;
    }
    return above > 0 && below > 0 ? std::optional(above / below) : std::nullopt;
  }

  void sweeps() {
    add("top-k: time with 16 comparators by that with 32", "x", 1, at(Part::top_k, 16, 32),
        "a row of a thousand keys takes rounds of 60 cycles and more with 16; what is kept of "
        "later layers is short");
    constexpr double kKib = 1024;
    add("SRAM: time with 192 KiB by that with 384", "x", 1, at(Part::sram, 192 * kKib, 384 * kKib),
        "keys of two heads come together here, 1000 of them in 12 bits fill the store, and the "
        "next heads' wait until the rows of these are through");
  }

  void eighth() {
    const auto gops = [&](const char* design) {
      return std::optional(rate(design, "bert").arithmetic / 1e9);
    };
    add("SpAtten-1/8", "GOP/s", 360, gops("spatten-eighth"),
        "operations of dense attention, a multiplication with its addition as two; lengths and "
        "ratios of the published run are not known",
        command("spatten-eighth"));
    add("A3", "GOP/s", 221, gops("a3"),
        "published is 128 times its gain of 1.72, which counts neither loading K and V nor "
        "filling; "
        "ours has both, on sentences far shorter than its 320 keys",
        command("a3"));
    add("MNNFast", "GOP/s", 120, gops("mnnfast"),
        "its multipliers are ours, chosen near that figure with nothing skipped; what skips is "
        "drawn scores",
        command("mnnfast"));
  }

  void power() {
    const char* why =
        "Horowitz's figures without clock, leakage, control and wires; at the mean use of our "
        "benchmarks, whose short sentences leave units idle";
    add("power", "W", 8.30, power_of(all_, "all"), why, command("spatten"));
    add("power, logic", "W", 1.36, power_of(all_, "logic"), why, command("spatten"));
    add("power, SRAM", "W", 1.24, power_of(all_, "sram"), why, command("spatten"));
    add("power, DRAM", "W", 5.71, power_of(all_, "dram"),
        "3.9 pJ a bit moved, no background power; BERT's benchmarks read little, since K and V of "
        "a head are loaded once",
        command("spatten"));
  }

  void area() {
    double sum = 0;
    for (const Area& one : all_.area) sum += one.mm2;
    add("area", "mm2", 18.71, all_.area.empty() ? std::nullopt : std::optional(sum),
        "multipliers, SRAM, softmax's units and comparators alone, by areas of another design's "
        "(FuseMax's artifact at 45 nm, scaled); crossbars, FIFOs, control and wires are not priced",
        "weft cost spatten-40nm --json -");
  }

  const Evaluation& all_;
  std::vector<Figure> figures_;
};

}  // namespace

std::vector<Figure> figures_of(const Evaluation& all) { return Figures(all).list(); }

}  // namespace weft::evaluation::spatten
