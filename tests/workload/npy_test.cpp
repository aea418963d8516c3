#include "models/workload/npy.hpp"

#include <array>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <ostream>
#include <vector>

#include "models/common/limits.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;
using test::little;

class NpyFile : public test::InFolder {};

std::string npy(const std::string& header, const std::string& body, int major = 1) {
  return std::string("\x93NUMPY") + static_cast<char>(major) + '\0' +
         little(header.size(), major == 1 ? 2 : 4) + header + body;
}

const std::string kHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
const std::string kNpyBody(
    "\x00\x00\x80\x3F\x00\x00\x00\x40\x00\x00\x40\x40\x00\x00\x80\x40\x00\x00\xA0\x40\x00\x00\xC0"
    "\xC0",
    24);
const std::vector<float> kValues{1, 2, 3, 4, 5, -6};

TEST_F(NpyFile, ReadsEveryVersion) {
  for (const int major : {1, 2, 3}) {
    const NpyArray array = load_npy(write("good.npy", npy(kHeader + "   \n", kNpyBody, major)));
    EXPECT_EQ(array.shape, (std::vector<std::int64_t>{2, 3})) << major;
    EXPECT_EQ(array.values, kValues) << major;
  }
}

TEST_F(NpyFile, ReadsOtherSpellingsOfTheHeader) {
  EXPECT_EQ(
      parse_npy(npy("{\"shape\":(6,),\"fortran_order\":False,\"descr\":\"<f4\"}", kNpyBody), "f")
          .shape,
      std::vector<std::int64_t>{6});
  EXPECT_TRUE(parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': ()}\n",
                            kNpyBody.substr(0, 4)),
                        "f")
                  .shape.empty());
  EXPECT_TRUE(parse_npy(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5)}\n", ""), "f")
                  .values.empty());
}

// What numpy 1.24 reads from these bytes.
TEST_F(NpyFile, ReadsHalvesBigEndianAndFortranOrder) {
  const std::string halves("\x00\x3C\x00\xC0\x01\x00", 6);
  EXPECT_EQ(
      parse_npy(npy("{'descr': '<f2', 'fortran_order': False, 'shape': (3,), }\n", halves), "f")
          .values,
      (std::vector<float>{1.0F, -2.0F, 0x1p-24F}));
  const std::string big("\x3F\x80\x00\x00\xC0\x20\x00\x00", 8);
  EXPECT_EQ(parse_npy(npy("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }\n", big), "f")
                .values,
            (std::vector<float>{1.0F, -2.5F}));
  EXPECT_EQ(parse_npy(npy("{'descr': '>f2', 'fortran_order': False, 'shape': (1,), }\n",
                          std::string("\x3C\x00", 2)),
                      "f")
                .values,
            std::vector<float>{1.0F});
  EXPECT_EQ(parse_npy(npy("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }\n",
                          std::string("\x3F\xF0\0\0\0\0\0\0", 8)),
                      "f")
                .values,
            std::vector<float>{1.0F});
  const NpyArray turned =
      parse_npy(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }\n", kNpyBody), "f");
  EXPECT_EQ(turned.shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(turned.values, (std::vector<float>{1, 3, 5, 2, 4, -6}));
  const NpyArray deep = parse_npy(
      npy("{'descr': '<f4', 'fortran_order': True, 'shape': (1, 3, 2), }\n", kNpyBody), "f");
  EXPECT_EQ(deep.values, (std::vector<float>{1, 4, 2, 5, 3, -6}));
  EXPECT_TRUE(
      parse_npy(npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 0), }\n", ""), "f")
          .values.empty());
}

TEST_F(NpyFile, ReadsBlanksOfAnyKind) {
  const std::string header = " {'descr': '<f4',\n 'fortran_order': False,\t'shape': (2,\n 3)}\n";
  EXPECT_EQ(parse_npy(npy(header, kNpyBody), "f").values, kValues);
}

TEST_F(NpyFile, RoundsDoublesToNearest) {
  const std::array<double, 3> doubles{0.1, -std::numeric_limits<double>::infinity(), 1e-300};
  std::string body;
  for (const double number : doubles) body += little(std::bit_cast<std::uint64_t>(number), 8);
  const NpyArray array =
      parse_npy(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", body), "f");
  EXPECT_EQ(array.values,
            (std::vector<float>{0.1F, -std::numeric_limits<float>::infinity(), 0.0F}));
}

// The bytes of numpy 1.24: np.save of np.array([[1, 2, 3], [4, 5, -6]], '<f4').
TEST_F(NpyFile, WritesWhatNumpyWrites) {
  const std::array<std::int64_t, 2> shape{2, 3};
  EXPECT_EQ(npy_bytes(shape, kValues),
            npy(kHeader + std::string(118 - kHeader.size() - 1, ' ') + "\n", kNpyBody));
}

TEST_F(NpyFile, RoundTrip) {
  for (const auto& shape :
       std::vector<std::vector<std::int64_t>>{{}, {1}, {7}, {2, 3, 4}, {0}, {1, 1, 1, 5}}) {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) count *= extent;
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; ++i)
      values.push_back(std::ldexp(-1.5F, static_cast<int>(i)));
    write_npy(folder_ / "f.npy", shape, values);
    const NpyArray back = load_npy(folder_ / "f.npy");
    EXPECT_EQ(back.shape, shape);
    EXPECT_EQ(back.values, values);
  }
}

TEST_F(NpyFile, WriterKeepsItsContract) {
  const std::array<std::int64_t, 1> shape{5};
  EXPECT_THROW(npy_bytes(shape, kValues), ContractError);
}

struct BadNpy {
  std::string name;
  std::string bytes;
  std::string says;
};

void PrintTo(const BadNpy& file, std::ostream* out) { *out << file.name; }

std::vector<BadNpy> bad_npy() {
  const std::string good = npy(kHeader + "\n", kNpyBody);
  const auto header = [](const std::string& text) { return npy(text, kNpyBody); };
  return {
      {"empty", "", "magic"},
      {"wrong magic", "\x93NUMPX" + good.substr(6), "magic"},
      {"only magic", good.substr(0, 6), "version"},
      {"version 0", npy(kHeader, kNpyBody, 0), "version = '0.0'"},
      {"version 4", npy(kHeader, kNpyBody, 4), "version = '4.0'"},
      {"no length", good.substr(0, 9), "header length"},
      {"no length in version 2", npy(kHeader, kNpyBody, 2).substr(0, 11), "header length"},
      {"length past the end", good.substr(0, 8) + "\xFF\xFF" + good.substr(10), "header length"},
      {"length huge in version 2",
       npy(kHeader, kNpyBody, 2).substr(0, 8) + "\xFF\xFF\xFF\xFF" + kHeader + kNpyBody,
       "header length"},
      {"no dictionary", header("[]"), "'{' is expected"},
      {"empty dictionary", header("{}"), "header.descr"},
      {"not closed", header(kHeader.substr(0, kHeader.size() - 1)), "expected"},
      {"text after it", header(kHeader + " 1"), "nothing but blanks"},
      {"no descr", header("{'fortran_order': False, 'shape': (6,)}"), "header.descr"},
      {"no order", header("{'descr': '<f4', 'shape': (6,)}"), "header.fortran_order"},
      {"no shape", header("{'descr': '<f4', 'fortran_order': False}"), "header.shape"},
      {"descr twice",
       header("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}"),
       "stands twice"},
      {"unknown key", header("{'descr': '<f4', 'order': False, 'shape': (6,)}"), "unknown key"},
      {"native order", header("{'descr': '=f4', 'fortran_order': False, 'shape': (6,)}"),
       "header.descr = '=f4'"},
      {"long double", header("{'descr': '<f16', 'fortran_order': False, 'shape': (1,)}"),
       "header.descr = '<f16'"},
      {"integers", header("{'descr': '<i4', 'fortran_order': False, 'shape': (6,)}"),
       "header.descr"},
      {"objects", header("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}"), "header.descr"},
      {"record", header("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,)}"),
       "text in quotes"},
      {"order in digits", header("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}"),
       "True or False"},
      {"shape is a list", header("{'descr': '<f4', 'fortran_order': False, 'shape': [2, 3]}"),
       "'(' is expected"},
      {"shape is no tuple", header("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}"),
       "comma"},
      {"negative extent", header("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3)}"),
       "whole number"},
      {"fractional extent", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2.0, 3)}"),
       "expected"},
      {"long extent", header("{'descr': '<f4', 'fortran_order': False, 'shape': (2L, 3L)}"),
       "expected"},
      {"extent 2^63",
       header("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,)}"),
       "whole number"},
      {"product overflows",
       header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 6)}"),
       "header.shape"},
      {"bytes overflow",
       header("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387910,)}"),
       "header.shape"},
      {"truncated body", good.substr(0, good.size() - 1), "header.shape"},
      {"trailing byte", good + "x", "header.shape"},
      {"open quote", header("{'descr"), "not closed"},
      {"backslash", header("{'descr': '\\x3cf4', 'fortran_order': False, 'shape': (6,)}"),
       "backslash"},
      {"double too large",
       npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
           little(std::bit_cast<std::uint64_t>(1e39), 8) + kNpyBody.substr(0, 16)),
       "element 0"}};
}

class BadNpyFile : public test::InFolder, public testing::WithParamInterface<BadNpy> {};

TEST_P(BadNpyFile, IsRefusedByNameAndReason) {
  const auto path = write("bad.npy", GetParam().bytes);
  expect_refused([&] { load_npy(path); }, {"bad.npy", GetParam().says});
}

INSTANTIATE_TEST_SUITE_P(Cases, BadNpyFile, testing::ValuesIn(bad_npy()), [](const auto& each) {
  std::string name = std::to_string(each.index) + "_";
  for (const char letter : each.param.name)
    name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  return name;
});

TEST(NpyFaults, TooManyDimensionsOrTooLongAHeader) {
  const auto shaped = [](const std::string& shape) {
    return npy("{'descr': '<f4', 'fortran_order': True, 'shape': (" + shape + "), }\n",
               std::string(4, '\0'));
  };
  std::string ones;
  for (int i = 0; i < 64; ++i) ones += "1,";
  EXPECT_EQ(parse_npy(shaped(ones), "f").shape.size(), 64u);
  expect_refused([&] { parse_npy(shaped(ones + "1,"), "f"); },
                 {"f: more than 64 dimensions", "npy.dimensions"});
  expect_refused([&] { parse_npy(shaped("1,"), "f", parse_limits("npy.header=20", "test")); },
                 {"the limit npy.header is 20"});
  expect_refused([&] { parse_npy(shaped("1,"), "f", parse_limits("npy.bytes=20", "test")); },
                 {"the limit npy.bytes is 20"});
}

}  // namespace
}  // namespace weft::workload
