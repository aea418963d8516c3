// What is set over a design, before it is lowered: text becomes values of the structs, with the
// setting as their origin.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "models/engine/architecture/architecture.hpp"
#include "models/engine/binding/binding.hpp"
#include "models/engine/design/design.hpp"

namespace weft::engine {

// A struct and the origins of its fields, shared with whoever else has them until they are edited.
template <class T>
class Shared {
 public:
  Shared(std::shared_ptr<const T> value, std::shared_ptr<const config::Origins> origins)
      : value_(std::move(value)), origins_(std::move(origins)) {}

  const std::shared_ptr<const T>& value() const { return value_; }
  const std::shared_ptr<const config::Origins>& origins() const { return origins_; }
  bool edited() const { return own_ != nullptr; }
  T& edit() {
    if (!edited()) {
      value_ = own_ = std::make_shared<T>(*value_);
      origins_ = own_origins_ = std::make_shared<config::Origins>(*origins_);
    }
    return *own_;
  }
  config::Origins& edit_origins() { return edit(), *own_origins_; }

 private:
  std::shared_ptr<const T> value_;
  std::shared_ptr<const config::Origins> origins_;
  std::shared_ptr<T> own_;
  std::shared_ptr<config::Origins> own_origins_;
};

// Sets one after another. ConfigError names the path, the value and what is allowed.
void apply(const std::vector<Setting>& settings, Shared<Architecture>& arch,
           Shared<Binding>& binding);

// `before`, without what `more` sets again, and `more`: with these a design is loaded as it is.
std::vector<Setting> joined(const std::vector<Setting>& before, const std::vector<Setting>& more);

}  // namespace weft::engine
