#include "sim/common/fresh_kernel.hpp"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string_view>
#include <systemc>

namespace weft::sim {
namespace {

// The order matters: new context, build, run, destroy the modules; then, before SystemC 3, restore
// and delete, and from 3 on delete and restore, since what is left of a thread looks for the
// context that it is of.
class FreshContext {
 public:
  FreshContext()
      : before_(sc_core::sc_curr_simcontext), own_(std::make_unique<sc_core::sc_simcontext>()) {
    sc_core::sc_curr_simcontext = own_.get();
  }
  ~FreshContext() {
    if constexpr (SC_VERSION_MAJOR >= 3) {
      if (thread_left()) own_.release();
      own_.reset();
    }
    sc_core::sc_curr_simcontext = before_;
  }
  FreshContext(const FreshContext&) = delete;
  FreshContext& operator=(const FreshContext&) = delete;

 private:
  // SystemC 3.0.1 crashes where a context ends of which a thread has outlived its module, as the
  // one of a payload queue (tlm_utils) does: such a context is left as it is.
  bool thread_left() const {
    const auto& left = sc_core::sc_get_top_level_objects(own_.get());
    return std::any_of(left.begin(), left.end(), [](const sc_core::sc_object* object) {
      return std::string_view(object->kind()) == "sc_thread_process";
    });
  }

  sc_core::sc_simcontext* before_;
  std::unique_ptr<sc_core::sc_simcontext> own_;
};

std::mutex& kernel_lock() {
  static std::mutex lock;
  return lock;
}

}  // namespace

void with_fresh_kernel(const std::function<void()>& body) {
  const std::lock_guard<std::mutex> guard(kernel_lock());
  const FreshContext context;
  body();
}

}  // namespace weft::sim
