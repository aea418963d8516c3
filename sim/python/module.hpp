// What the extension's sources share.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "models/engine/design/catalog.hpp"

namespace weft::python {

// The user's folders of configurations, then the first of `shipped` that is there, or the source's.
engine::Catalog catalog_of(const std::vector<std::string>& shipped);

// Runs `work` on a thread of its own while other Python threads run, and returns at its end. Some
// ten times a second `look`, with the interpreter's lock, and what Python does with signals:
// whatever either raises asks the work to stop and is raised here, as is what the work throws.
void without_interpreter(const std::function<void(const std::stop_token&)>& work,
                         const std::function<void()>& look = {});

}  // namespace weft::python
