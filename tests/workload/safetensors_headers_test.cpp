// Headers that the format's reference reader (safetensors 0.8.0, `deserialize`) reads or refuses;
// what it did stands in safetensors_headers.json and is checked again, where that package is
// installed, by tests/scripts/traces_test.py.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "models/workload/safetensors.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

// The table holds bytes as the code points 0 to 255.
std::string bytes_of(const std::string& utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto letter = static_cast<unsigned char>(utf8[i]);
    if (letter < 0x80) {
      bytes += utf8[i];
    } else {
      bytes += static_cast<char>(((letter & 0x03U) << 6) |
                                 (static_cast<unsigned char>(utf8[++i]) & 0x3FU));
    }
  }
  return bytes;
}

TEST(SafetensorsHeaders, AreReadAsTheReferenceReadsThem) {
  std::ifstream in(WEFT_SOURCE_DIR "/tests/workload/safetensors_headers.json");
  const nlohmann::json table = nlohmann::json::parse(in);
  std::size_t reference_reads = 0;
  for (const nlohmann::json& row : table) {
    const std::string name = row["name"];
    const std::string file =
        test::with_header(bytes_of(row["header"].get<std::string>()),
                          std::string(row["body_bytes"].get<std::size_t>(), '\0'));
    bool read = true;
    std::string why;
    try {
      const Safetensors parsed(file, "f.safetensors");
    } catch (const ConfigError& error) {
      read = false;
      why = error.what();
    }
    EXPECT_EQ(read, row["weft_reads"].get<bool>()) << name << ": " << why;
    EXPECT_EQ(row["weft_reads"] != row["reference_reads"], row.contains("why"))
        << name << ": every difference has its reason";
    if (!read) {
      EXPECT_NE(why.find("f.safetensors"), std::string::npos) << name << ": " << why;
    }
    reference_reads += row["reference_reads"].get<bool>() ? 1 : 0;
  }
  EXPECT_GT(reference_reads, 40U);
  EXPECT_GT(table.size() - reference_reads, 30U);
}

}  // namespace
}  // namespace weft::workload
