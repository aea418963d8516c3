#include "sim/common/fresh_kernel.hpp"

#include <memory>
#include <mutex>
#include <systemc>

namespace weft::sim {
namespace {

// The order matters: new context, build, run, destroy the modules, restore, delete.
class FreshContext {
 public:
  FreshContext()
      : before_(sc_core::sc_curr_simcontext), own_(std::make_unique<sc_core::sc_simcontext>()) {
    sc_core::sc_curr_simcontext = own_.get();
  }
  ~FreshContext() { sc_core::sc_curr_simcontext = before_; }
  FreshContext(const FreshContext&) = delete;
  FreshContext& operator=(const FreshContext&) = delete;

 private:
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
