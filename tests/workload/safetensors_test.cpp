#include "models/workload/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cmath>
#include <limits>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "models/common/limits.hpp"
#include "models/numerics/bf16.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using test::expect_refused;
using test::little;
using test::with_header;

class SafetensorsFile : public test::InFolder {};

// One F32 tensor "a" of [2] and one BF16 tensor "b" of [1, 3], bytes by hand.
const std::string kTensorHeader =
    R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
    R"("b":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}})";
const std::string kBody("\x00\x00\x80\x3F\x00\x00\x20\xC0\x80\x3F\x00\xC0\x80\x7F", 14);

TEST_F(SafetensorsFile, ReadsBytesWrittenByHand) {
  const Safetensors file =
      load_safetensors(write("good.safetensors", with_header(kTensorHeader, kBody)));
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"k", "v"}}));
  const TensorInfo* a = file.find("a");
  const TensorInfo* b = file.find("b");
  ASSERT_TRUE(a != nullptr && b != nullptr);
  EXPECT_EQ(file.find("c"), nullptr);
  EXPECT_EQ(a->shape, std::vector<std::int64_t>{2});
  EXPECT_EQ(file.values(*a), (std::vector<float>{1.0F, -2.5F}));
  EXPECT_EQ(b->dtype, Dtype::bf16);
  EXPECT_EQ(file.values(*b),
            (std::vector<float>{1.0F, -2.0F, std::numeric_limits<float>::infinity()}));
}

TEST_F(SafetensorsFile, OffsetsNeedNotFollowTheOrderOfNames) {
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[],"data_offsets":[4,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}   )";
  const Safetensors file(with_header(header, std::string("\0\0\0\x40\0\0\x40\x40", 8)), "f");
  EXPECT_EQ(file.tensors().front().name, "b");
  EXPECT_EQ(file.values(*file.find("a")), std::vector<float>{3.0F}) << "a scalar";
  EXPECT_EQ(file.values(*file.find("b")), std::vector<float>{2.0F});
}

TEST_F(SafetensorsFile, EmptyFileAndEmptyTensorsAreAllowed) {
  EXPECT_TRUE(Safetensors(with_header("{}", ""), "f").tensors().empty());
  const Safetensors file(
      with_header(R"({"a":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}})", ""), "f");
  EXPECT_TRUE(file.values(*file.find("a")).empty());
}

TEST_F(SafetensorsFile, OtherTypesAreListedAndRefusedOnUse) {
  const Safetensors file(with_header(R"({"n":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}})",
                                     std::string(8, '\1')),
                         "f.safetensors");
  ASSERT_EQ(file.tensors().size(), 1u);
  EXPECT_EQ(file.tensors()[0].dtype, Dtype::other);
  EXPECT_EQ(file.tensors()[0].dtype_name, "I64");
  expect_refused([&] { static_cast<void>(file.values(file.tensors()[0])); },
                 {"f.safetensors", "n.dtype", "I64", "F32, BF16, F16 or F64"});
}

// A type of a later release has no known size; its shape may say anything, and nothing is allocated
// by it.
TEST_F(SafetensorsFile, TypesOfLaterReleasesAreListedAndRefusedOnUse) {
  const Safetensors file(
      with_header(
          R"({"n":{"dtype":"Z3","shape":[4611686018427387904],"data_offsets":[0,8],"blocks":[2]}})",
          std::string(8, '\1')),
      "f");
  EXPECT_EQ(file.tensors()[0].dtype_name, "Z3");
  expect_refused([&] { static_cast<void>(file.values(file.tensors()[0])); },
                 {"n.dtype", "Z3", "F32, BF16, F16 or F64"});
}

TEST_F(SafetensorsFile, WidensHalvesAndRoundsDoublesOnce) {
  // 1.5, -2, the least subnormal and infinity in F16.
  const std::string halves("\x00\x3E\x00\xC0\x01\x00\x00\x7C", 8);
  const Safetensors half(
      with_header(R"({"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]}})", halves), "f");
  EXPECT_EQ(half.values(half.tensors()[0]),
            (std::vector<float>{1.5F, -2.0F, 0x1p-24F, std::numeric_limits<float>::infinity()}));
  EXPECT_EQ(half.operand_values(half.tensors()[0]), half.values(half.tensors()[0]));

  // The first lies above the middle of two bf16 numbers by less than fp32 shows: by way of fp32 it
  // would go to the even one.
  const std::vector<double> doubles{1 + 0x1p-8 + 0x1p-40, -(1 + 0x1p-8), 0.1, 1e300, 0x1p-140};
  std::string body;
  for (const double value : doubles) body += little(std::bit_cast<std::uint64_t>(value), 8);
  const Safetensors wide(
      with_header(R"({"a":{"dtype":"F64","shape":[5],"data_offsets":[0,40]}})", body), "f");
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(wide.values(wide.tensors()[0]),
            (std::vector<float>{1.00390625F, -1.00390625F, 0.1F, infinity, 0x1p-140F}));
  EXPECT_EQ(wide.operand_values(wide.tensors()[0]),
            (std::vector<float>{1.00390637F, -1.00390625F, 0.1F, infinity, 0.0F}))
      << "a tie only where there is one; no subnormal";
  std::vector<float> rounded = wide.operand_values(wide.tensors()[0]);
  std::transform(rounded.begin(), rounded.end(), rounded.begin(), numerics::round_to_bf16);
  EXPECT_EQ(rounded, (std::vector<float>{1.0078125F, -1.0F, 0.10009765625F, infinity, 0.0F}));
}

TEST_F(SafetensorsFile, WritesTheseBytes) {
  const std::vector<float> b{1.0F, -2.0F,
                             1.00390625F};  // the last is half-way between two bf16 numbers
  const std::vector<float> a{1.0F, -2.5F};
  const std::string header =
      R"({"__metadata__":{"k":"\"v\""},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("a":{"dtype":"BF16","shape":[1,3],"data_offsets":[8,14]}})";
  const std::string body("\x00\x00\x80\x3F\x00\x00\x20\xC0\x80\x3F\x00\xC0\x80\x3F", 14);
  const std::string padded = header + std::string((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(safetensors_bytes({{"a", Dtype::bf16, {1, 3}, b}, {"b", Dtype::f32, {2}, a}},
                              {{"k", "\"v\""}}),
            with_header(padded, body));
}

TEST_F(SafetensorsFile, RoundTrip) {
  std::vector<float> values;
  for (int i = 0; i < 24; ++i) values.push_back(std::ldexp(static_cast<float>(i - 12), i));
  values[3] = -0.0F;
  values[4] = std::numeric_limits<float>::denorm_min();
  const auto path = folder_ / "out.safetensors";
  write_safetensors(path,
                    {{"täst\n", Dtype::f32, {2, 3, 4}, values}, {"z", Dtype::bf16, {24}, values}},
                    {{"scale", "0.5"}});
  const Safetensors file = load_safetensors(path);
  const std::vector<float> back = file.values(*file.find("täst\n"));
  ASSERT_EQ(back.size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint32_t>(back[i]), std::bit_cast<std::uint32_t>(values[i]));
  EXPECT_EQ(file.find("täst\n")->shape, (std::vector<std::int64_t>{2, 3, 4}));
  EXPECT_EQ(file.metadata().at("scale"), "0.5");
  EXPECT_EQ(file.values(*file.find("z"))[23], std::ldexp(11.0F, 23));
}

TEST_F(SafetensorsFile, WriterKeepsItsContract) {
  const std::vector<float> two{1, 2};
  EXPECT_THROW(safetensors_bytes({{"a", Dtype::f32, {3}, two}}, {}), ContractError);
  EXPECT_THROW(safetensors_bytes({{"a", Dtype::f32, {-2}, two}}, {}), ContractError);
  EXPECT_THROW(safetensors_bytes({{"a", Dtype::f32, {2}, two}, {"a", Dtype::f32, {2}, two}}, {}),
               ContractError);
  EXPECT_THROW(safetensors_bytes({{"a", Dtype::f32, {2}, two}, {"a", Dtype::bf16, {2}, two}}, {}),
               ContractError);
  EXPECT_THROW(safetensors_bytes({{"a", Dtype::other, {2}, two}}, {}), ContractError);
  expect_refused([&] { write_safetensors(folder_ / "no" / "out.safetensors", {}); },
                 {"out.safetensors", "cannot be written"});
}

TEST_F(SafetensorsFile, UnreadablePathsAreRefused) {
  expect_refused([&] { load_safetensors(folder_ / "none.safetensors"); },
                 {"none.safetensors", "no such file"});
  expect_refused([&] { load_safetensors(folder_); }, {folder_.string(), "regular file"});
  expect_refused([&] { load_safetensors("/dev/zero"); }, {"/dev/zero", "regular file"});
}

struct BadFile {
  std::string name;
  std::string bytes;
  std::string says;  // in the message, beside the file's name
};

void PrintTo(const BadFile& file, std::ostream* out) { *out << file.name; }

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) throw std::logic_error("the test's own header has no " + from);
  return text.replace(at, from.size(), to);
}

BadFile header(std::string name, const std::string& from, const std::string& to, std::string says) {
  return {std::move(name), with_header(replaced(kTensorHeader, from, to), kBody), std::move(says)};
}

// The frame around the header, and the header as JSON.
std::vector<BadFile> bad_frames() {
  const std::string good = with_header(kTensorHeader, kBody);
  const auto length = [&](std::uint64_t n) { return little(n, 8) + good.substr(8); };
  std::string nested = R"({"a":)";
  for (int i = 0; i < 100'000; ++i) nested += i % 2 == 0 ? "[" : R"({"b":)";
  return {{"empty", "", "too short"},
          {"seven bytes", good.substr(0, 7), "too short"},
          {"only a length", good.substr(0, 8), "header length"},
          {"length 0", length(0), "header length"},
          {"length 1", length(1), "header length"},
          {"length 2^64-1", length(~std::uint64_t{0}), "header length"},
          {"length 2^63", length(std::uint64_t{1} << 63), "header length"},
          {"length one past the end", length(good.size() - 7), "header length"},
          {"length too small", length(kTensorHeader.size() - 1), "not JSON"},
          {"length into the body", length(kTensorHeader.size() + 4), "not JSON"},
          {"not JSON", with_header(std::string(40, 'x'), ""), "must begin with '{'"},
          {"blanks alone", with_header("    ", ""), "must begin with '{'"},
          {"byte order mark", with_header("\xEF\xBB\xBF{}", ""), "must begin with '{'"},
          {"a list", with_header("[1,2]", ""), "must begin with '{'"},
          {"two documents", with_header(kTensorHeader + "{}", kBody), "not JSON"},
          {"not UTF-8", with_header("{\"\xFF\":1}", ""), "not JSON"},
          {"zero byte", with_header(kTensorHeader + std::string(1, '\0') + " ", kBody), "not JSON"},
          {"depth bomb", with_header(nested, ""), "json.depth is 32"},
          {"number beyond double", with_header(R"({"a":1e999})", ""), "not JSON"},
          {"truncated body", good.substr(0, good.size() - 1), "must stay within"},
          {"no body", good.substr(0, good.size() - 14), "must stay within"},
          {"trailing byte", good + "x", "nothing may follow"}};
}

// One field of one tensor.
std::vector<BadFile> bad_fields() {
  return {header("dtype is a number", R"("F32")", "32", "a.dtype = '32'"),
          header("no dtype", R"("dtype":"F32",)", "", "a.dtype: missing key"),
          header("no shape", R"("shape":[2],)", "", "a.shape: missing key"),
          header("no offsets", R"(,"data_offsets":[0,8])", "", "a.data_offsets: missing key"),
          header("tensor is a number", R"({"dtype":"F32","shape":[2],"data_offsets":[0,8]})", "7",
                 "must be an object"),
          header("shape is a number", "[2]", "2", "a.shape = '2'"),
          header("shape too large", "[2]", "[3]", "a.shape = '[3]'"),
          header("negative extent", "[2]", "[-2]", "a.shape = '[-2]'"),
          header("two negative extents", "[1,3]", "[-1,-3]", "b.shape"),
          header("fractional extent", "[2]", "[2.0]", "a.shape = '[2.0]'"),
          header("exponent", "[2]", "[2e0]", "a.shape"),
          header("text extent", "[2]", R"(["2"])", "a.shape"),
          header("true extent", "[2]", "[true]", "a.shape"),
          header("nested shape", "[2]", "[[2]]", "a.shape"),
          header("extent 2^63", "[2]", "[9223372036854775808]", "a.shape"),
          header("extent 2^64", "[2]", "[18446744073709551616]", "a.shape"),
          header("product 2^64", "[2]", "[4294967296,4294967296]", "below 2^63 bits"),
          header("product wraps to 2", "[2]", "[9223372036854775807,2,9223372036854775807,2]",
                 "below 2^63 bits"),
          header("product of bytes overflows", "[2]", "[4611686018427387904]", "below 2^63 bits"),
          header("bits that fill no byte", R"("F32","shape":[2],)", R"("F4","shape":[15],)",
                 "takes 60 bits in F4"),
          header("too few bytes of four bits", R"("F32","shape":[2],)", R"("F4","shape":[14],)",
                 "takes 7 bytes in F4"),
          header("offsets swapped", "[0,8]", "[8,0]", "begin before end"),
          header("offsets negative", "[0,8]", "[-8,0]", "a.data_offsets"),
          header("offset past the end", "[8,14]", "[8,9999]", "must stay within"),
          header("offset 2^63", "[8,14]", "[8,9223372036854775808]", "b.data_offsets"),
          header("one offset", "[0,8]", "[8]", "two numbers"),
          header("three offsets", "[0,8]", "[0,8,8]", "two numbers"),
          header("overlap", "[8,14]", "[6,12]", "overlaps"),
          header("same bytes twice", R"([1,3],"data_offsets":[8,14])",
                 R"([4],"data_offsets":[0,8])", "overlaps"),
          {"hole", with_header(replaced(kTensorHeader, "[8,14]", "[10,16]"), kBody + "xx"), "hole"},
          {"hole at the front",
           with_header(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", "abcdefgh"),
           "hole"},
          header("tensor twice", R"("b":)", R"("a":)", "stands twice"),
          header("key twice", R"("shape":[2])", R"("shape":[2],"shape":[2])", "stands twice"),
          header("metadata is a list", R"({"k":"v"})", R"(["k"])", "__metadata__"),
          header("metadata holds a number", R"({"k":"v"})", R"({"k":1})", "__metadata__.k = '1'")};
}

std::vector<BadFile> bad_files() {
  std::vector<BadFile> all = bad_frames();
  for (BadFile& file : bad_fields()) all.push_back(std::move(file));
  return all;
}

class BadSafetensors : public test::InFolder, public testing::WithParamInterface<BadFile> {};

TEST_P(BadSafetensors, IsRefusedByNameAndReason) {
  const auto path = write("bad.safetensors", GetParam().bytes);
  expect_refused([&] { load_safetensors(path); }, {"bad.safetensors", GetParam().says});
}

INSTANTIATE_TEST_SUITE_P(Cases, BadSafetensors, testing::ValuesIn(bad_files()),
                         [](const auto& each) {
                           std::string name = std::to_string(each.index) + "_";
                           for (const char letter : each.param.name)
                             name += std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter
                                                                                           : '_';
                           return name;
                         });

TEST_F(SafetensorsFile, HeaderBeyondTheFormatsLimitIsRefused) {
  std::string bytes = little(101, 8) + "{}";
  bytes.resize(8 + 101, ' ');
  const ReadLimits limits = parse_limits("safetensors.header=100", "test");
  expect_refused([&] { Safetensors(bytes, "f.safetensors", limits); },
                 {"f.safetensors", "the limit safetensors.header is 100;"});
  expect_refused([&] { Safetensors(little(101, 8) + "{}", "f.safetensors"); },
                 {"header length", "101", "from 2 to 2"});
}

}  // namespace
}  // namespace weft::workload
