// A cascade while it is checked: what is resolved so far, and every problem found.
#pragma once

#include <string>
#include <vector>

#include "models/einsum/cascade.hpp"
#include "models/einsum/cascade_file.hpp"
#include "models/einsum/source_map.hpp"
#include "models/einsum/syntax.hpp"

namespace weft::einsum {

// One Einsum's text, its tree and the way back to the file.
struct Line {
  std::string field;  // "einsums[3]"
  SourceMap places;
  ParsedEinsum parsed;
};

struct Draft {
  const CascadeFile& file;
  Cascade cascade;
  std::vector<Line> lines;  // by EinsumId
  std::vector<Problem> problems;

  void add(const Word& word, const std::string& field, std::string message) {
    problems.push_back({word.where, field, word.text, std::move(message)});
  }
  void add(const Line& line, std::size_t offset, std::string value, std::string message) {
    problems.push_back({line.places.at(offset), line.field, std::move(value), std::move(message)});
  }
  void finish() const {
    if (!problems.empty()) throw ConfigError(problems);
  }
};

// Steps of the check, in this order. Each adds its problems; the caller finishes between steps.
void declare(Draft& draft);                                      // ranks, partitions, inputs, scalars
void parse_lines(Draft& draft, const std::string& source_text);  // text to trees
void resolve(Draft& draft);                                      // names to ids: Einsums and what they write
void check_uses(Draft& draft);                                   // outputs, inputs, initial values
void check_order(Draft& draft);                                  // read before write, cycles

// "[E, P]" of a tensor, generational dimensions as "M1 (generational)".
std::string dimensions_text(const Cascade& cascade, const Tensor& tensor);
std::vector<std::string> tensor_names(const Cascade& cascade);
std::vector<std::string> rank_names(const Cascade& cascade);
std::vector<std::string> rank_variables(const Cascade& cascade);

}  // namespace weft::einsum
