// What a process is told by its surroundings.
#pragma once

#include <filesystem>
#include <vector>

namespace weft {

// The folders that an environment variable names, with ':' between them; empty entries are none.
std::vector<std::filesystem::path> folders_of_variable(const char* name);

// The folder of the running program; empty where it cannot be told.
std::filesystem::path program_folder();

}  // namespace weft
