// `weft reproduce spatten`.
#pragma once

#include <string>

namespace weft::cli {

struct ReproduceSpatten {
  std::string cost = "spatten-40nm";
  std::string out, json, values;
  unsigned jobs = 1;
};

// The exit code.
int reproduce_spatten(const ReproduceSpatten& asked);

}  // namespace weft::cli
