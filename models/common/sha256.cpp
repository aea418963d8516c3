#include "models/common/sha256.hpp"

#include <openssl/evp.h>

#include <array>

#include "models/common/error.hpp"

namespace weft {

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  check(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
            size == 32,
        "SHA-256 is available");
  std::string text;
  text.reserve(64);
  for (unsigned int i = 0; i < size; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15U];
  }
  return text;
}

}  // namespace weft
