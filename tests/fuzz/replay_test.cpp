// The fuzzer's corpus through every reader, and mutations of it by a seed: what needs no fuzzer to
// be held.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "tests/common/seed.hpp"
#include "tests/fuzz/readers.hpp"

namespace weft::fuzz {
namespace {

std::vector<std::filesystem::path> corpus(std::string_view reader) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(WEFT_SOURCE_DIR) / "tests/fuzz/corpus" / reader))
    files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class BadCorpus : public testing::TestWithParam<Reader> {};

TEST_P(BadCorpus, IsReadOrRefused) {
  int taken = 0;
  int refused = 0;
  for (const auto& file : corpus(GetParam().name)) {
    const std::string bytes = bytes_of(file);
    EXPECT_LT(bytes.size(), 2000u) << file << ": the corpus is small";
    const bool good = GetParam().read(bytes);
    EXPECT_EQ(good, file.filename().string().starts_with("good")) << file;
    (good ? taken : refused) += 1;
  }
  EXPECT_GT(taken, 0);
  EXPECT_GT(refused, 0);
}

TEST_P(BadCorpus, DamagedIsReadOrRefused) {
  const std::uint64_t seed = weft::test::seed_or(20);
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  for (const auto& file : corpus(GetParam().name)) {
    const std::string original = bytes_of(file);
    for (int i = 0; i < 100; ++i) {
      std::string bytes = original;
      for (std::size_t edits = 1 + below(4); edits > 0 && !bytes.empty(); --edits) {
        const std::size_t at = below(bytes.size());
        const std::size_t count = std::min(bytes.size() - at, 1 + below(8));
        switch (below(4)) {
          case 0: bytes[at] = static_cast<char>(below(256)); break;
          case 1: bytes.erase(at, count); break;
          case 2: bytes.insert(at, bytes.substr(below(bytes.size()), count)); break;
          default: bytes.insert(at, count, "[]{}:-&*!\"'\n ,0"[below(15)]); break;
        }
      }
      EXPECT_NO_THROW(GetParam().read(bytes))
          << file << ", edit " << i << ", " << weft::test::seed_text(seed);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Readers, BadCorpus, testing::ValuesIn(readers().begin(), readers().end()),
                         [](const auto& each) { return std::string(each.param.name); });

}  // namespace
}  // namespace weft::fuzz
