// What a flow's simulations run: vectors of the tests through one top. WEFT_HLS_TOP is its name,
// WEFT_HLS_VECTORS the file of vectors in quotes (scripts/hls/synthesize.py makes it). Says at the
// end how many words were compared, and ends with 1 where one differs.
#include <cstdio>

#include "hls/common/top.hpp"

void WEFT_HLS_TOP(weft::hls::Stream& in, weft::hls::Stream& out);

namespace {

const unsigned long long kVectors[] = {
#include WEFT_HLS_VECTORS
};
constexpr int kCount = static_cast<int>(sizeof(kVectors) / sizeof(kVectors[0]));

weft::hls::Stream in;
weft::hls::Stream out;

}  // namespace

int main() {
  int at = 0;
  int compared = 0;
  while (at < kCount) {
    for (int left = static_cast<int>(kVectors[at++]); left > 0; --left)
      in.write(weft::hls::Types::Unsigned<64>(kVectors[at++]));
    WEFT_HLS_TOP(in, out);
    for (int left = static_cast<int>(kVectors[at++]); left > 0; --left) {
      const unsigned long long expected = kVectors[at++];
      if (out.empty()) {
        std::printf("word %d is missing\n", compared);
        return 1;
      }
      const unsigned long long word = out.read().to_uint64();
      if (word != expected) {
        std::printf("word %d is %llx, expected %llx\n", compared, word, expected);
        return 1;
      }
      ++compared;
    }
    if (!in.empty() || !out.empty()) {
      std::printf("words are left behind word %d\n", compared);
      return 1;
    }
  }
  std::printf("%d words equal\n", compared);
  return compared > 0 ? 0 : 1;
}
