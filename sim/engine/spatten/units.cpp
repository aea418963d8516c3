#include "sim/engine/spatten/units.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "models/engine/run/run_point.hpp"
#include "sim/matmul/dot_array.hpp"
#include "sim/matmul/one_pass_array.hpp"
#include "sim/memory/bandwidth_memory.hpp"
#include "sim/memory/hbm/dram_memory.hpp"
#include "sim/memory/row_store.hpp"
#include "sim/prune/importance.hpp"
#include "sim/prune/value_pruner.hpp"
#include "sim/quant/confidence.hpp"
#include "sim/select/comparator_array.hpp"
#include "sim/select/list_top_k.hpp"
#include "sim/select/row_top_k.hpp"
#include "sim/select/zero_eliminator.hpp"
#include "sim/softmax/softmax_pipeline.hpp"

namespace weft::sim::engine::spatten {
namespace {

struct MemoryConfig {
  std::int64_t channels = 16;
  std::int64_t queue = 64;
};
inline auto fields(config::Tag<MemoryConfig>) {
  using C = MemoryConfig;
  return config::field_table(
      config::optional("channels", &C::channels, {1, 64}, "ports, each of a channel"),
      config::optional("queue", &C::queue, {1, 1024}, "accesses of a port at once"));
}

// The architecture's memory, with a port a channel.
std::unique_ptr<Unit> make_memory(Shared& shared, const MemoryConfig& config) {
  const weft::engine::Dram& dram = shared.arch.dram;
  const auto ports = static_cast<std::size_t>(config.channels);
  const auto queue = static_cast<std::size_t>(config.queue);
  shared.memory_queue = config.queue;
  if (dram.system != nullptr)
    return std::make_unique<memory::DramMemory>(
        memory::DramMemory::Config{.system = dram.system,
                                   .clock_hz = shared.arch.clock_hz,
                                   .most_bytes = dram.burst_bytes,
                                   .ports = ports,
                                   .tags = queue,
                                   .queue = queue,
                                   .stalls = shared.stalls});
  return std::make_unique<memory::BandwidthMemory>(
      memory::BandwidthMemory::Config{.dram = dram,
                                      .clock_hz = shared.arch.clock_hz,
                                      .stalls = shared.stalls,
                                      .ports = ports,
                                      .tags = queue,
                                      .queue = queue});
}

struct None {};
inline auto fields(config::Tag<None>) { return config::field_table(); }

// Makes a unit from its Config, which is read as factory_of() reads it.
template <class C, class Make>
UnitFactory factory(Make make) {
  return [make](const Attributes& attributes, config::Reader& reader) -> std::unique_ptr<Unit> {
    C config;
    const std::size_t before = reader.count();
    if (attributes.value) {
      config::read(*attributes.value, config, reader);
    } else {
      fields(config::Tag<C>{})([&](const auto& field) {
        if (!field.is_required) return;
        reader.add({attributes.unit, attributes.path + "." + std::string(field.name), "",
                    "missing key: " + std::string(field.help)});
      });
    }
    if (reader.count() > before) return nullptr;
    return make(config, attributes, reader);
  };
}

// Rows of more keys than a unit holds would wait in it for ever.
void check_holds(std::int64_t keys, std::int64_t most, const char* what) {
  if (keys > most)
    throw weft::engine::Stuck(
        fmt::format("{} holds rows of {} keys at most, and the workload has {}", what, most, keys));
}

}  // namespace

UnitFactories unit_factories(Shared& shared) {
  using Made = std::unique_ptr<Unit>;
  using config::Reader;
  UnitFactories all;
  all["controller"] = factory<Controller::Config>(
      [&shared](const Controller::Config& config, const Attributes&, Reader&) -> Made {
        auto made = std::make_unique<Controller>(config, shared.program, shared.layout,
                                                 shared.side_by_side, shared.tensors);
        shared.controller = made.get();
        return made;
      });
  all["gather_fetcher"] = factory<memory::GatherFetcher::Config>(
      [&shared](const memory::GatherFetcher::Config& config, const Attributes&, Reader&) -> Made {
        auto made = std::make_unique<memory::GatherFetcher>(config, shared.stalls);
        shared.fetcher_queue = config.queue;
        shared.fetcher = made.get();
        return made;
      });
  all["memory"] =
      factory<MemoryConfig>([&shared](const MemoryConfig& config, const Attributes&,
                                      Reader&) -> Made { return make_memory(shared, config); });
  all["row_store"] = factory<memory::RowStore::Config>(
      [](const memory::RowStore::Config& config, const Attributes&, Reader&) -> Made {
        return std::make_unique<memory::RowStore>(config);
      });
  all["dot_array"] = factory<matmul::DotArray::Config>(
      [&shared](const matmul::DotArray::Config& config, const Attributes&, Reader&) -> Made {
        return std::make_unique<matmul::DotArray>(config, &shared.program);
      });
  all["one_pass_array"] = factory<matmul::OnePassArray::Config>(
      [&shared](const matmul::OnePassArray::Config& config, const Attributes&, Reader&) -> Made {
        return std::make_unique<matmul::OnePassArray>(config, &shared.program);
      });
  all["softmax"] = factory<softmax::SoftmaxPipeline::Config>(
      [&shared](const softmax::SoftmaxPipeline::Config& config, const Attributes&,
                Reader&) -> Made {
        check_holds(shared.longest, config.most_keys(), "softmax's FIFO");
        return std::make_unique<softmax::SoftmaxPipeline>(config, &shared.program);
      });
  all["confidence"] = factory<None>([&shared](const None&, const Attributes&, Reader&) -> Made {
    return std::make_unique<quant::Confidence>(&shared.program);
  });
  all["importance"] = factory<prune::Importance::Config>(
      [&shared](const prune::Importance::Config& config, const Attributes&, Reader&) -> Made {
        return std::make_unique<prune::Importance>(config, &shared.program);
      });
  all["top_k"] = factory<select::RowTopK::Config>(
      [&shared](const select::RowTopK::Config& config, const Attributes&, Reader&) -> Made {
        check_holds(shared.longest, config.most_keys(), "a FIFO of top-k");
        shared.comparators = config.comparators;
        return std::make_unique<select::RowTopK>(config, shared.seed);
      });
  all["comparator_array"] = factory<None>([](const None&, const Attributes&, Reader&) -> Made {
    return std::make_unique<select::ComparatorArray>();
  });
  all["zero_eliminator"] = factory<select::ZeroEliminator::Config>(
      [&shared](const select::ZeroEliminator::Config& config, const Attributes&, Reader&) -> Made {
        shared.places = config.places;
        return std::make_unique<select::ZeroEliminator>(config);
      });
  all["list_top_k"] = factory<select::ListTopK::Config>(
      [](const select::ListTopK::Config& config, const Attributes&, Reader&) -> Made {
        return std::make_unique<select::ListTopK>(config);
      });
  all["value_pruner"] = factory<prune::ValuePruner::Config>(
      [](const prune::ValuePruner::Config& config, const Attributes&, Reader&) -> Made {
        return std::make_unique<prune::ValuePruner>(config);
      });
  return all;
}

}  // namespace weft::sim::engine::spatten
