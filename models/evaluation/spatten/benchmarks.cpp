#include "models/evaluation/spatten/benchmarks.hpp"

namespace weft::evaluation::spatten {

std::vector<std::string> benchmarks() {
  std::vector<std::string> all;
  for (const char* size : {"base", "large"}) {
    for (const char* task :
         {"cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte", "wnli", "squad1", "squad2"})
      all.push_back(std::string("bert-") + size + "-" + task);
  }
  for (const char* size : {"small", "medium"}) {
    for (const char* corpus : {"wikitext2", "wikitext103", "ptb", "1bw"})
      all.push_back(std::string("gpt2-") + size + "-" + corpus);
  }
  return all;
}

}  // namespace weft::evaluation::spatten
