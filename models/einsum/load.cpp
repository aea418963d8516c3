#include "models/einsum/load.hpp"

#include <algorithm>

#include "models/common/fields.hpp"
#include "models/common/input_file.hpp"
#include "models/einsum/draft.hpp"
#include "models/einsum/graph.hpp"

namespace weft::einsum {
namespace {

void check_outputs(Draft& draft) {
  Cascade& cascade = draft.cascade;
  std::vector<std::string> written;
  for (const Tensor& tensor : cascade.tensors) {
    if (tensor.defined_by != kNone) written.push_back(tensor.name);
  }
  for (const Word& word : draft.file.outputs) {
    const TensorId tensor = draft.tensor(word.text);
    if (tensor == kNone || cascade.tensors[tensor].defined_by == kNone) {
      draft.add(word, "outputs",
                "an output that no Einsum writes; " + config::unknown_name(word.text, written));
    } else if (cascade.tensors[tensor].role == TensorRole::output) {
      draft.add(word, "outputs", "stands twice among the outputs");
    } else {
      cascade.tensors[tensor].role = TensorRole::output;
    }
  }
}

void check_inputs(Draft& draft) {
  std::vector<bool> read(draft.cascade.tensors.size(), false);
  for (const Einsum& einsum : draft.cascade.einsums) {
    for (const Access& access : einsum.inputs) read[access.tensor] = true;
  }
  for (std::size_t i = 0; i < read.size(); ++i) {
    const Tensor& tensor = draft.cascade.tensors[i];
    if (tensor.role == TensorRole::input && !read[i]) {
      draft.problems.add({tensor.where, "tensors", tensor.name,
                          "an input that no Einsum reads; read it or drop it"});
    }
  }
}

void check_initial(Draft& draft) {
  Cascade& cascade = draft.cascade;
  std::vector<std::string> generational;
  for (const Tensor& tensor : cascade.tensors) {
    if (generational_rank(tensor) != kNone) generational.push_back(tensor.name);
  }
  for (const auto& [name, number] : draft.file.initial.items) {
    const TensorId tensor = draft.tensor(name.text);
    if (tensor == kNone || generational_rank(cascade.tensors[tensor]) == kNone) {
      draft.add(name, "initial",
                std::string(tensor == kNone ? "no such tensor; "
                                            : "not generational, so it has no initial value; ") +
                    (generational.empty() ? "no tensor of this cascade is"
                                          : config::unknown_name(name.text, generational)));
    } else {
      cascade.tensors[tensor].initial = number.value;
    }
  }
  for (const Tensor& tensor : cascade.tensors) {
    const RankId rank = generational_rank(tensor);
    if (rank == kNone || tensor.initial) continue;
    const std::string& variable = cascade.ranks[rank].variable;
    draft.problems.add({tensor.where, draft.lines[tensor.defined_by].field, tensor.name,
                        "generational in " + variable +
                            " and without a value at generation 0; add '" + tensor.name +
                            ": <number, inf or -inf>' under 'initial'"});
  }
}

}  // namespace

void check_uses(Draft& draft) {
  check_outputs(draft);
  check_inputs(draft);
  check_initial(draft);
}

Cascade parse_cascade(const std::string& yaml, const std::string& file_name,
                      const ReadLimits& limits) {
  CascadeFile file;
  config::Reader reader;
  config::read(config::load_text(yaml, file_name, "", limits), file, reader);
  reader.finish();
  Draft draft{.file = file, .limits = limits, .where = {file_name}};
  draft.cascade.name = std::filesystem::path(file_name).stem().string();
  draft.cascade.description = file.description;
  draft.cascade.source = file.source;
  declare(draft);
  draft.finish();
  parse_lines(draft, yaml);
  draft.finish();
  resolve_names(draft);
  draft.finish();
  check_uses(draft);
  check_order(draft);
  draft.finish();
  return std::move(draft.cascade);
}

Cascade load_cascade(const std::filesystem::path& file, const ReadLimits& limits) {
  return parse_cascade(read_text(file, limits.yaml_bytes), file.string(), limits);
}

}  // namespace weft::einsum
