// Pictures of a reproduction, drawn by a script of scripts/plot beside their data.
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>

namespace weft::cli {

// Runs scripts/plot/SCRIPT on the data in `staging`; a note that names `out` where Python cannot.
// The folder goes with a drawing that is stopped.
void draw_figures(const char* script, const std::filesystem::path& staging, const std::string& out,
                  const std::stop_token& stop);

}  // namespace weft::cli
