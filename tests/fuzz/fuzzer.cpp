// libFuzzer's entry: WEFT_FUZZ_READER names the reader. scripts/check/fuzz.sh builds and runs it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/fuzz/readers.hpp"

namespace {

const weft::fuzz::Reader& chosen() {
  const char* name = std::getenv("WEFT_FUZZ_READER");
  for (const weft::fuzz::Reader& reader : weft::fuzz::readers()) {
    if (name != nullptr && reader.name == name) return reader;
  }
  std::fputs("WEFT_FUZZ_READER must name a reader\n", stderr);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const weft::fuzz::Reader& reader = chosen();
  reader.read(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
