// Mends of what the published evaluation does but its own description would not. All off: the rules
// as published.
#pragma once

#include <array>

namespace weft::evaluation {

struct Mends {
  // Charges three reads and three writes of a register file for each MAC of every design and of the
  // linear layers, the MACs of an exp among them. As published, one element of 65,536 is charged,
  // which is below 5e-5 of the total.
  bool register_files_of_every_element = false;
  // Charges cascade the exp unit once a score, and once for each PRM, as flat and unfused are. As
  // published it has none.
  bool exp_charged_in_cascade = false;
  // Charges cascade rows of the 16 MiB buffer it tiles for; as published, those of 32 MiB.
  bool cascade_at_its_buffers_cost = false;
  // Leaves out the reads that a 64-bit overflow adds at the longest lengths.
  bool no_overflow = false;
  // Stalls architecture for the maximum's way down its column and back, 2·side cycles a tile; as
  // published, side cycles.
  bool real_trip = false;
};

struct Mend {
  const char* name;
  bool Mends::*member;
  const char* description;
};

// Every mend, so that a caller can try each alone and all together.
inline constexpr std::array<Mend, 5> kMends{{
    {"register_files_of_every_element", &Mends::register_files_of_every_element,
     "3 register reads and 3 writes for each MAC"},
    {"exp_charged_in_cascade", &Mends::exp_charged_in_cascade, "cascade pays for its exponentials"},
    {"cascade_at_its_buffers_cost", &Mends::cascade_at_its_buffers_cost,
     "cascade pays rows of the 16 MiB it tiles for"},
    {"no_overflow", &Mends::no_overflow, "no reads from a 64-bit overflow"},
    {"real_trip", &Mends::real_trip, "architecture waits 2·side cycles a tile for the maximum"},
}};

constexpr Mends all_mends() {
  Mends all;
  for (const Mend& mend : kMends) all.*mend.member = true;
  return all;
}

}  // namespace weft::evaluation
