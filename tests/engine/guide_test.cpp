// Every YAML block of the guide is part of a shipped file, and those files run.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/engine/design/catalog.hpp"
#include "tests/engine/support.hpp"

namespace weft::sim::engine::test {
namespace {

namespace fs = std::filesystem;

std::string guide_text(const fs::path& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> yaml_blocks(const std::string& page) {
  const std::string open = "```yaml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(open); at != std::string::npos; at = page.find(open, at)) {
    at += open.size();
    const std::size_t end = page.find("```", at);
    blocks.push_back(page.substr(at, end - at));
    at = end + 3;
  }
  return blocks;
}

TEST(Guide, BlocksArePartsOfDesignsThatRun) {
  const fs::path root = WEFT_SOURCE_DIR;
  const std::vector<std::string> blocks =
      yaml_blocks(guide_text(root / "docs/guides/describe-an-accelerator.md"));
  ASSERT_GE(blocks.size(), 10u);
  std::vector<std::string> files;
  for (const char* folder : {"arch", "binding", "design"}) {
    for (const auto& entry : fs::directory_iterator(root / "configs" / folder))
      files.push_back(guide_text(entry.path()));
  }
  for (const std::string& block : blocks) {
    const auto whole = [&](const std::string& file) {
      return ("\n" + file).find("\n" + block) != std::string::npos;
    };
    EXPECT_TRUE(std::any_of(files.begin(), files.end(), whole)) << block;
  }
  const Shape shape{.batch = 1,
                    .heads = 1,
                    .kv_heads = 1,
                    .seq_q = 20,
                    .seq_kv = 70,
                    .width_qk = 16,
                    .width_v = 16};
  for (const std::string& name : weft::engine::Catalog(root / "configs").list("design")) {
    SCOPED_TRACE(name);
    if (weft::engine::Design::load(weft::engine::Catalog(root / "configs"), name).assembled() !=
        nullptr)
      continue;  // no side
    const Result result = run_point(design(at_side(name, 8)), shape);
    EXPECT_EQ(result.status, weft::engine::Status::ok);
    EXPECT_GT(result.cycles, 0u);
  }
}

}  // namespace
}  // namespace weft::sim::engine::test
