// What a process is told by its surroundings.
#pragma once

#include <filesystem>
#include <vector>

namespace weft {

// The folders that an environment variable names, with ':' between them; empty entries are none.
std::vector<std::filesystem::path> folders_of_variable(const char* name);

// The folder of the running program; empty where it cannot be told.
std::filesystem::path program_folder();

// The folder of the shared object that this code is a part of, such as Python's extension; empty
// where it is a part of the program itself.
std::filesystem::path module_folder();

}  // namespace weft
