#include "sim/cli/point_options.hpp"

namespace weft::cli {

using namespace request;

void add_point_options(App& command, PointOptions& o) {
  const auto text = [&](const char* name, std::string& target, const char* type, const char* help,
                        const char* group) {
    command.add_option(name, target, help)->type_name(type)->group(group)->check(not_empty());
  };
  constexpr const char* kWorkload = "Workload, each over the workload's own value";
  text("--workload", o.workload, "NAME",
       "what to run: a name from 'weft list workloads', a YAML file, or a Hugging Face config.json",
       kWorkload);
  text("--seq", o.seq, "N[,N...]",
       "tokens of queries, keys and values: 1024, 4K; several, one for each sequence: 512,2K,7",
       kWorkload);
  text("--seq-q", o.seq_q, "N[,N...]", "tokens of the queries", kWorkload);
  text("--seq-kv", o.seq_kv, "N[,N...]", "tokens of keys and values", kWorkload);
  text("--steps", o.steps, "N",
       "decode steps in a row: each has as many keys more as there are queries", kWorkload);
  text("--batch", o.batch, "N", "sequences at once", kWorkload);
  text("--heads", o.heads, "N", "query heads", kWorkload);
  text("--kv-heads", o.kv_heads, "N", "key and value heads; divides the heads", kWorkload);
  text("--width", o.width, "N", "width of a head, of Q, K and V", kWorkload);
  text("--width-qk", o.width_qk, "N", "width of a head of Q and K", kWorkload);
  text("--width-v", o.width_v, "N", "width of a head of V", kWorkload);
  const auto causal = [&](const char* name, bool value, const char* help) {
    return command
        .add_flag_function(
            name, [&o, value](std::int64_t) { o.causal = value; }, help)
        ->group(kWorkload);
  };
  Option* on = causal("--causal", true, "query i sees keys 0 ... i + seq_kv - seq_q");
  causal("--no-causal", false, "every query sees every key")->excludes(on);
  text("--assume", o.assume, "full-attention|plain",
       "run full attention where a config.json asks for what is not modelled (windows, other "
       "layers, code of its own); plain: of an unknown "
       "model_type too",
       kWorkload);
  text("--causal-alignment", o.causal_alignment, "bottom-right|top-left",
       "ends that a causal mask aligns: the last (the default), or the first, when query i sees "
       "keys 0 ... i",
       kWorkload);
  text("--empty-rows", o.empty_rows, "zero|mean",
       "what a causal query gives that sees no key: zeros (the default), or the mean of V",
       kWorkload);
  constexpr const char* kRun = "How to run";
  text("--fidelity", o.fidelity, "analytic|systemc|rtl",
       "closed form, simulated cycles (the default), or the Verilated RTL", kRun);
  command.add_flag("--exact", o.exact, "step every cycle: no steady-state advance")->group(kRun);
  text("--seed", o.seed, "N", "of everything random; 0 unless given", kRun);
  text("--stall-profile", o.stall_profile, "none|source|sink|both|bursty",
       "memory that stalls at random by the seed: responses, requests, both", kRun);
  text("--values", o.values, "TRACE",
       "a .safetensors file with layers.N.q, layers.N.k, layers.N.v: values flow, and the shape is "
       "the trace's",
       kRun);
  text("--cost", o.cost, "TABLE",
       "energy by a cost table: a name from 'weft list costs', a YAML file, or what 'weft cost "
       "--json' wrote",
       kRun);
  text("--cost-node", o.cost_node, "N[@V]",
       "its energies scaled to another node, in nm, and supply (the table's own unless given), "
       "such as 7@0.7",
       kRun);
  command
      .add_option("--set", o.sets,
                  "one value of the configuration by its path, such as "
                  "arch.dram.bandwidth_bytes_per_s=100e9; may be repeated")
      ->type_name("PATH=VALUE")
      ->group(kRun)
      ->expected(1)
      ->take_all();
}

}  // namespace weft::cli
