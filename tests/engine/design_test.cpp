#include "models/engine/design/design.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "models/engine/design/catalog.hpp"

namespace weft::engine {
namespace {

namespace fs = std::filesystem;

const fs::path kConfigs = WEFT_SOURCE_DIR "/configs";

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// A configuration folder of our own, gone with the test.
class OwnConfigs : public testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("weft-design-test-" + std::to_string(::getpid()));
    fs::remove_all(root_);
    fs::copy(kConfigs, root_, fs::copy_options::recursive);
  }
  void TearDown() override { fs::remove_all(root_); }
  void put(const fs::path& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  fs::path root_;
};

// The DRAM is the same at another clock: what the shipped files say of it is in seconds.
TEST(Design, TheMemoryKeepsItsTimeAtAnotherClock) {
  const Catalog catalog(kConfigs);
  const auto cycles = [&](const std::string& name, const std::vector<Setting>& settings) {
    const Design design = Design::load(catalog, name, settings);
    return latency_cycles(design.arch().dram, design.arch().clock_hz);
  };
  for (const std::string name : {"fusemax", "fusemax-16x16", "flat", "flat-edge", "unfused"}) {
    EXPECT_EQ(cycles(name, {}), 100) << name;
    EXPECT_EQ(cycles(name, {{"arch.clock_hz", "94e6"}}), 10) << name;
    EXPECT_EQ(cycles(name, {{"arch.clock_hz", "94e6"}, {"arch.dram.latency_cycles", "100"}}), 100)
        << name;
    EXPECT_EQ(cycles(name, {{"arch.dram.latency_s", "2e-7"}}), 188) << name;
  }
  for (const std::string name : {"segments-serial", "streaming-softmax", "projection"}) {
    EXPECT_EQ(cycles(name, {}), 60) << name;
    EXPECT_EQ(cycles(name, {{"arch.clock_hz", "250e6"}}), 15) << name;
  }
}

TEST(Design, OneOfTheMemorysTwoLatenciesCounts) {
  const Catalog catalog(kConfigs);
  const auto says = [&](const std::vector<Setting>& settings) {
    return message_of([&] { Design::load(catalog, "fusemax-16x16", settings); });
  };
  const std::string both =
      says({{"arch.dram.latency_s", "1e-7"}, {"arch.dram.latency_cycles", "7"}});
  EXPECT_NE(both.find("dram.latency_cycles = '7'"), std::string::npos) << both;
  EXPECT_NE(both.find("--set arch.dram.latency_s=1e-7: one of the two, not both"),
            std::string::npos)
      << both;
  const std::string long_time = says({{"arch.dram.latency_s", "0.9"}});
  EXPECT_NE(long_time.find("at a clock_hz of 940000000 more than 1000000 cycles"),
            std::string::npos)
      << long_time;
}

TEST(Design, EverySizeScalesArraysBufferAndBandwidth) {
  const Catalog catalog(kConfigs);
  const Design whole = Design::load(catalog, "fusemax");
  for (const std::int64_t side : {2, 16, 256, 1024}) {
    const Design design =
        Design::load(catalog, "fusemax-" + std::to_string(side) + "x" + std::to_string(side));
    EXPECT_EQ(design.arch().arrays.at("array_2d").rows, side);
    EXPECT_EQ(design.arch().arrays.at("array_2d").columns, side);
    EXPECT_EQ(design.arch().arrays.at("array_1d").lanes, side);
    EXPECT_EQ(design.arch().buffer.bytes, whole.arch().buffer.bytes * side / 256);
    EXPECT_DOUBLE_EQ(design.arch().dram.bandwidth_bytes_per_s,
                     whole.arch().dram.bandwidth_bytes_per_s * static_cast<double>(side) / 256);
    EXPECT_EQ(design.arch_name(), "fusemax-cloud");
  }
}

TEST(Design, SettingsComeAfterScalingAndWin) {
  const Design design =
      Design::load(Catalog(kConfigs), "fusemax-16x16",
                   {{"arch.buffer.bytes", "3MiB"}, {"arch.arrays.array_2d.tile_contexts", "2"}});
  EXPECT_EQ(design.arch().buffer.bytes, 3 << 20);
  EXPECT_EQ(design.lowering(false).tiles_in_flight, 2);
}

TEST(Design, EveryShippedDesignLowersAndSoDoesItsCausalCascade) {
  const Catalog catalog(kConfigs);
  int tried = 0;
  for (const std::string& name : catalog.list("design")) {
    const Design design = Design::load(catalog, name);
    EXPECT_EQ(design.lowering(false).groups.empty(), design.assembled() != nullptr) << name;
    if (design.binding().causal_cascade) {
      EXPECT_EQ(design.lowering(true).cascade->name, *design.binding().causal_cascade);
    }
    ++tried;
  }
  EXPECT_GE(tried, 5);
}

TEST(Design, LoweringsStayValidWhenTheDesignMoves) {
  Design first = Design::load(Catalog(kConfigs), "flat-8x8");
  const Design second = std::move(first);
  EXPECT_EQ(second.lowering(false).arch, &second.arch());
  EXPECT_EQ(second.lowering(true).binding, &second.binding());
}

TEST_F(OwnConfigs, NamesAreFoundInFoldersBelow) {
  fs::create_directories(root_ / "arch/mine/deep");
  fs::copy(root_ / "arch/flat-cloud.yaml", root_ / "arch/mine/deep/other.yaml");
  const Catalog catalog(root_);
  EXPECT_EQ(catalog.file("arch", "other"), root_ / "arch/mine/deep/other.yaml");
  std::vector<std::string> expected = Catalog(kConfigs).list("arch");
  expected.emplace_back("other");
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(catalog.list("arch"), expected);
}

TEST_F(OwnConfigs, TwoFilesOfOneNameAreRefused) {
  fs::create_directories(root_ / "arch/mine");
  fs::copy(root_ / "arch/flat-cloud.yaml", root_ / "arch/mine/flat-cloud.yaml");
  const std::string message =
      message_of([&] { static_cast<void>(Catalog(root_).file("arch", "flat-cloud")); });
  EXPECT_NE(message.find("the same name as"), std::string::npos) << message;
}

TEST_F(OwnConfigs, ADesignFileMayNamePathsBesideIt) {
  fs::copy(root_ / "arch/flat-cloud.yaml", root_ / "beside.yaml");
  put("chip.yaml", "arch: ./beside.yaml\nbinding: flat\n");
  const Design design = Design::load(Catalog(root_), (root_ / "chip.yaml").string());
  EXPECT_EQ(design.arch_name(), "./beside.yaml");
  EXPECT_EQ(Design::load(Catalog(root_), (root_ / "chip.yaml").string() + "-8x8")
                .arch()
                .arrays.at("array_1d")
                .lanes,
            8);
}

TEST_F(OwnConfigs, TheCanonicalFormForgetsCommentsAndKeepsTheCascade) {
  const Catalog catalog(root_);
  const std::string before = Design::load(catalog, "flat").canonical();
  std::ofstream(root_ / "arch/flat-cloud.yaml", std::ios::app) << "# a comment\n";
  EXPECT_EQ(Design::load(catalog, "flat").canonical(), before);
  std::ifstream in(root_ / "cascade/attention-3pass.yaml");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const std::size_t at = text.find("scale: 1");
  ASSERT_NE(at, std::string::npos);
  put("cascade/attention-3pass.yaml", text.replace(at, 8, "scale: 2"));
  EXPECT_NE(Design::load(catalog, "flat").canonical(), before);
}

TEST_F(OwnConfigs, AFaultInTheDesignFileIsSaidOfItsLine) {
  put("design/mine.yaml", "arch: flat-cloud\nbinding: flatt\n");
  const std::string message =
      message_of([&] { static_cast<void>(Design::load(Catalog(root_), "mine")); });
  EXPECT_NE(message.find("mine.yaml:2:"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean 'flat'"), std::string::npos) << message;
}

TEST_F(OwnConfigs, ANameThatEndsLikeASizeIsTakenAsItIsWhereAFileBearsIt) {
  put("design/mine-4x8.yaml", "arch: flat-cloud\nbinding: flat\n");
  EXPECT_EQ(Design::load(Catalog(root_), "mine-4x8").arch().arrays.at("array_1d").lanes, 256);
}

}  // namespace
}  // namespace weft::engine
