// The DRAM with state that an architecture names, read and put together.
#pragma once

#include <memory>

#include "models/engine/architecture/architecture.hpp"
#include "models/engine/design/catalog.hpp"
#include "models/memory/dram_system.hpp"

namespace weft::engine {

// Null where the architecture names no part. ConfigError with the place of what is wrong: a part or
// mapping that is not there, or is none, a request that is no whole number of accesses.
std::shared_ptr<const memory::DramSystem> dram_system_of(const Catalog& catalog,
                                                         const Architecture& arch,
                                                         const config::Origins& origins);

}  // namespace weft::engine
