// The thirty benchmarks of SpAtten's evaluation, by the names of their workload files.
#pragma once

#include <string>
#include <vector>

namespace weft::evaluation::spatten {

// BERT-base and -large on nine GLUE tasks and two of SQuAD, GPT-2 small and medium on four corpora.
std::vector<std::string> benchmarks();
inline bool generates(const std::string& benchmark) { return benchmark.starts_with("gpt2"); }
// The one whose rows are public: the ablation and the sweeps run it.
inline constexpr const char* kOwnBenchmark = "gpt2-small-wikitext2";

}  // namespace weft::evaluation::spatten
