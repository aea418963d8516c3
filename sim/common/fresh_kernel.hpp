// One simulation at a time in a process that may run thousands: each gets a fresh SystemC context.
#pragma once

#include <functional>

namespace weft::sim {

// Runs `body` in a new sc_simcontext, under the process's one SystemC lock. Everything SystemC that
// `body` makes must be gone when it returns. Exceptions pass through.
void with_fresh_kernel(const std::function<void()>& body);

}  // namespace weft::sim
