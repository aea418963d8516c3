// SHA-256 (FIPS 180-4), for hashes of configurations and of trace content.
#pragma once

#include <string>
#include <string_view>

namespace weft {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace weft
