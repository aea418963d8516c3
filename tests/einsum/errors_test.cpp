// Every message: the exact line and column, what is wrong, and what is allowed or nearest.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "models/einsum/load.hpp"
#include "tests/einsum/cascades.hpp"
#include "tests/einsum/faults.hpp"

namespace weft::einsum {
namespace {

using test::Case;
using test::expect_fault;
using test::problems_of;

// The first eight lines of most cases; Einsums begin on line 9.
std::string frame(const std::string& einsums,
                  const std::string& keys = "partitions: {M: [M1, M0]}") {
  return "description: test\nsource: test\nranks: {E: width, M: keys, P: queries}\ntensors: {Q: "
         "[E, P], K: [E, M]}\noutputs: [Z]\nscalars: "
         "{scale: 2}\n" +
         keys + "\neinsums:\n" + einsums;
}

const std::string kInitial = "partitions: {M: [M1, M0]}\ninitial: {RM: -inf}";
const std::string kScores = "  - B[m1,m0,p] = Q[e,p] * K[e,m1,m0]\n";

std::vector<Case> form_cases() {
  return {
      {"unknown_key",
       "description: t\nsource: t\nranks: {E: e}\ntensors: {Q: [E]}\noutputs: [Z]\n@einsum:\n  - "
       "Z[e] = Q[e]\neinsums:\n  - Z[e] = Q[e]\n",
       {"unknown key", "did you mean 'einsums'?"}},
      {"missing_key",
       "@description: t\nsource: t\nranks: {E: e}\ntensors: {Q: [E]}\neinsums:\n  - Z[e] = Q[e]\n",
       {"outputs", "missing key"}},
      {"ranks_no_map",
       "description: t\nsource: t\nranks: @[E, M]\ntensors: {Q: [E]}\noutputs: [Z]\neinsums:\n  - "
       "Z[e] = Q[e]\n",
       {"must be a map"}},
      {"einsum_no_text", frame("  - @[a, b]\n"), {"must be text", "a list"}},
      {"einsums_empty",
       "description: t\nsource: t\nranks: {E: e}\ntensors: {Q: [E]}\noutputs: [Z]\neinsums: @[]\n",
       {"list of one or more"}},
      {"initial_no_number",
       frame(kScores, "initial: {RM: @none}"),
       {"must be a number, inf or -inf"}},
      {"rank_in_lower_case",
       "description: t\nsource: t\nranks: {@e: e}\ntensors: {Q: [E]}\noutputs: [Z]\neinsums:\n  - "
       "Z[e] = Q[e]\n",
       {"capital letter"}},
      {"tensor_of_unknown_rank",
       "description: t\nsource: t\nranks: {KEYS: e}\ntensors:\n  Q: [@KEY]\noutputs: "
       "[Z]\neinsums:\n  - Z = Q[e]\n",
       {"not a rank", "did you mean 'KEYS'?"}},
      {"partition_of_unknown_rank",
       frame(kScores, "partitions: {@N: [N1, N0]}"),
       {"not a rank", "Allowed: 'E', 'M' or 'P'"}},
      {"partition_in_one", frame(kScores, "partitions: {@M: [M0]}"), {"two or more", "[M1, M0]"}},
      {"partition_twice",
       frame(kScores, "partitions: {M: [M1, M0], P: [P1, @M0]}"),
       {"already stands for rank 'M'"}},
      {"partition_of_a_partition",
       frame(kScores, "partitions: {M: [M1, M0], @M1: [X, Y]}"),
       {"all levels under the base rank"}},
      {"scalar_named_as_a_tensor",
       frame(kScores).replace(frame("").find("{scale"), 1, "{@Q: 1, "),
       {"is a tensor already"}},
      {"tensor_named_as_a_function",
       "description: t\nsource: t\nranks: {E: e}\ntensors:\n  @exp: [E]\noutputs: [Z]\neinsums:\n  "
       "- Z[e] = exp[e]\n",
       {"no word of the language"}},
  };
}

std::vector<Case> syntax_cases() {
  return {
      {"no_equals_sign", frame("  - Z[p] @Q[e,p] * K[e,m]\n"), {"'Q'", "expected '='"}},
      {"odd_character", frame("  - Z[m,p] = Q[e,p] @· K[e,m]\n"), {"'·'", "operators are"}},
      {"odd_character_quoted", frame("  - \"Z[m,p] = Q[e,p] @; K[e,m]\"\n"), {"no such character"}},
      {"after_a_doubled_quote", frame("  - 'Z[m,p] @''= Q'\n"), {"no such character"}},
      {"after_an_escape", frame("  - \"Z[m,p] =\\t Q[e,p] * @KK[e,m]\"\n"), {"did you mean 'K'?"}},
      {"trailing_comma", frame("  - Z[m,p] = Q[e,@] * K[e,m]\n"), {"expected a rank variable"}},
      {"folded_over_two_lines",
       frame("  - Z[m,p] = Q[e,p] *\n      @KK[e,m]\n"),
       {"no such tensor", "did you mean 'K'?"}},
      {"block_scalar", frame("  - >-\n    Z[m,p] =\n    Q[e,p] * @KK[e,m]\n"), {"no such tensor"}},
      {"ends_early", frame("  - Z[m,p] = Q[e,p] *@\n"), {"end of the Einsum", "expected a tensor"}},
      {"bracket_left_open", frame("  - Z[m,p] = Q[e,p @* K[e,m]\n"), {"',' or ']'"}},
      {"parenthesis_left_open", frame("  - Z[m,p] = (Q[e,p] * K[e,m]@\n"), {"expected ')'"}},
      {"bad_number", frame("  - Z[m,p] = @2x * Q[e,p] * K[e,m]\n"), {"'2x'", "not a number"}},
      {"unknown_function",
       frame("  - Z[m,p] = @expo(Q[e,p]) * K[e,m]\n"),
       {"no such function", "did you mean 'exp'?", "'max', 'min' or 'exp'"}},
      {"too_few_arguments", frame("  - Z[m,p] = max(Q[e,p]@)\n"), {"max takes 2 arguments"}},
      {"too_many_arguments", frame("  - Z[e,p] = exp(Q[e,p]@, 2)\n"), {"exp takes 1 argument"}},
      {"reduction_inside", frame("  - Z[p] = 1 + @max[m] K[e,m]\n"), {"stands once, at the start"}},
      {"nested_too_deep",
       frame("  - Z[e,p] = " + std::string(65, '(') + "@(Q[e,p]" + std::string(66, ')') + "\n"),
       {"64 deep"}},
      {"mask_without_else",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] where m <= p@\n"),
       {"bad mask", "'else -inf'"}},
      {"mask_without_comparison",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] where m @= p else 0\n"),
       {"bad mask", "'<='", "m <= p + M - P"}},
      {"mask_with_a_bad_value",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] where m <= p else @none\n"),
       {"bad mask", "'inf' or '-inf'"}},
      {"coefficient_of_zero",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] where @0*m <= p else 0\n"),
       {"coefficient of 0"}},
      {"index_too_large", frame("  - Z[m,p] = Q[e,p] * K[e,m+@9999999999]\n"), {"2147483647"}},
  };
}

std::vector<Case> meaning_cases() {
  return {
      {"undefined_tensor",
       frame("  - Z[m,p] = Q[e,p] * @KV[e,m]\n"),
       {"no such tensor", "did you mean 'K'?", "Allowed: 'Q', 'K' or 'Z'"}},
      {"undefined_scalar",
       frame("  - Z[m,p] = @scal * Q[e,p] * K[e,m]\n"),
       {"neither a scalar nor a tensor", "did you mean 'scale'?"}},
      {"too_few_indices", frame("  - Z[m,p] = Q[e,p] * @K[m]\n"), {"rank mismatch", "1 index(es)"}},
      {"missing_index",
       frame("  - Z[m,p] = Q[e,p] * @K[]\n"),
       {"rank mismatch", "2 dimension(s) [E, M]", "0 index(es)"}},
      {"too_many_indices",
       frame("  - Z[m,p] = Q[e,p] * @K[e,m,p]\n"),
       {"rank mismatch", "[E, M]", "3 index(es)"}},
      {"no_index", frame("  - Z[m,p] = Q[e,p] * K[e,m] + @Q\n"), {"rank mismatch", "[E, P]"}},
      {"index_of_another_rank",
       frame("  - Z[m,p] = Q[e,@m] * K[e,p]\n"),
       {"rank mismatch", "ranges over M", "write 'p'"}},
      {"undeclared_variable",
       frame("  - Z[m,p] = Q[e,p] * K[@x,m]\n"),
       {"not a rank variable", "Allowed: 'e', 'm', 'p'"}},
      {"undeclared_variable_left",
       frame("  - Z[@pp] = Q[e,p]\n"),
       {"not a rank variable", "did you mean 'p'?"}},
      {"partitions_out_of_order",
       frame("  - Z[m1,m0,p] = Q[e,p] * K[e,@m0,m1]\n"),
       {"outermost first: write 'm1,m0', or 'm'"}},
      {"one_partition_missing",
       frame("  - Z[m1,p] = Q[e,p] * K[e,@m1]\n"),
       {"write 'm1,m0', or 'm'"}},
      {"base_and_partition",
       frame("  - @Z[m,p] = Q[e,p] * K[e,m1,m0] * K[e,m]\n"),
       {"over rank M or over its partitions"}},
      {"written_twice",
       frame("  - Z[m,p] = Q[e,p] * K[e,m]\n  - @Z[m,p] = K[e,m] * Q[e,p]\n"),
       {"written twice", "line 9"}},
      {"input_written",
       frame("  - @Q[m,p] = Q[e,p] * K[e,m]\n"),
       {"an input is written", "another name"}},
      {"scalar_written", frame("  - @scale[m] = K[e,m]\n"), {"is a scalar"}},
      {"same_index_twice_left", frame("  - Z[m,@m] = K[e,m]\n"), {"stands twice on the left"}},
      {"left_index_no_variable",
       frame("  - Z[m,@p+2] = Q[e,p] * K[e,m]\n"),
       {"'m+1' for the next generation"}},
      {"constant_index",
       frame("  - Z[m,p] = Q[@0,p] * K[e,m]\n"),
       {"a constant is no index", "read 'e'"}},
      {"left_variable_nowhere_right", frame("  - Z[@m,p] = Q[e,p]\n"), {"nowhere on the right"}},
      {"reduced_and_on_the_left",
       frame("  - Z[m,p] = max[@m] Q[e,p] * K[e,m]\n"),
       {"reduced and also on the left"}},
      {"reduced_and_nowhere",
       frame("  - Z[p] = max[@m] Q[e,p]\n"),
       {"indexes nothing on the right", "can be reduced: 'e'"}},
      {"reduced_twice", frame("  - Z[p] = max[e,@e] Q[e,p]\n"), {"reduced twice"}},
      {"neither_left_nor_reduced",
       frame("  - Z[p] = @max[m] Q[e,p] * K[e,m]\n"),
       {"'e'", "neither on the left nor in the reduction"}},
      {"upper_case_of_no_generation",
       frame("  - Z[p] = Q[e,p] * K[e,@M]\n"),
       {"is not generational: write 'm'"}},
      {"mask_of_a_reduced_rank",
       frame("  - Z[p] = Q[e,p] * K[e,m] where @m <= p else 0\n"),
       {"bad mask", "not on the left-hand side", "'p'"}},
      {"mask_of_an_unknown_name",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] where m <= @q else 0\n"),
       {"bad mask", "neither a coordinate nor a rank", "Allowed"}},
      {"mask_without_coordinates",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] @where M <= P else 0\n"),
       {"bad mask", "names no coordinate"}},
      {"output_never_written",
       frame("  - ZZ[m,p] = Q[e,p] * K[e,m]\n").replace(frame("").find("[Z]"), 3, "[@Z]"),
       {"no Einsum writes", "did you mean 'ZZ'?"}},
      {"output_twice",
       frame("  - Z[m,p] = Q[e,p] * K[e,m]\n").replace(frame("").find("[Z]"), 3, "[Z, @Z]"),
       {"twice among the outputs"}},
      {"unused_input",
       frame("  - Z[p] = Q[e,p]\n").replace(frame("").find("K: [E, M]"), 1, "@K"),
       {"no Einsum reads"}},
  };
}

std::vector<Case> order_cases() {
  const std::string running = "  - L[m1,p] = max[m0] B[m1,m0,p]\n";
  const std::string last = "  - Z[p] = RM[M1,p]\n";
  return {
      {"read_before_write",
       frame(
           "  - Z[m,p] = K[e,m] / @G[p]\n  - S[m,p] = Q[e,p] * K[e,m]\n  - G[p] = max[e] Q[e,p]\n"),
       {"read before write", "line 11"}},
      {"cycle_of_two",
       frame("  - S[m,p] = Q[e,p] * K[e,m] + @Z[m,p]\n  - Z[m,p] = S[m,p] * 2\n"),
       {"cyclic definition", "S, Z"}},
      {"reads_itself",
       frame("  - Z[m,p] = Q[e,p] * K[e,m] + @Z[m,p]\n"),
       {"cyclic definition", "generational"}},
      {"cycle_through_a_complete_reduction",
       frame(kScores +
                 "  - X[m1,p] = RM[m1,p] * 2\n  - Y[p] = max[m1] @X[m1,p]\n  - RM[m1+1,p] = "
                 "RM[m1,p] + @Y[p]\n" +
                 last,
             kInitial),
       {"cyclic definition", "Y, RM"}},
      {"generation_not_written_yet",
       frame(kScores + running + "  - RM[m1+1,p] = max(@RM[m1+1,p], L[m1,p])\n" + last, kInitial),
       {"read before write", "generation m1+1", "allowed: 'm1'"}},
      {"generation_ahead",
       frame(kScores + running + "  - RM[m1+1,p] = max(@RM[m1+2,p], L[m1,p])\n" + last, kInitial),
       {"read before write", "generation m1+2"}},
      {"generation_ahead_later",
       frame(kScores + running +
                 "  - RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n  - X[m1,p] = L[m1,p] - @RM[m1+2,p]\n" +
                 last,
             kInitial),
       {"generation m1+2", "'m1' or 'm1+1'"}},
      {"generation_before_its_einsum",
       frame(kScores + running +
                 "  - X[m1,p] = L[m1,p] - @RM[m1+1,p]\n  - RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n" +
                 last,
             kInitial),
       {"read before write", "generation m1+1", "line 13", "allowed: 'm1'"}},
      {"last_generation_too_early",
       frame("  - Z[p] = @RM[M1,p]\n" + kScores + running +
                 "  - RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n",
             kInitial),
       {"read before write", "line 13"}},
      {"initial_missing",
       frame(kScores + running + "  - @RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n" + last),
       {"without a value at generation 0", "under 'initial'"}},
      {"initial_of_no_generation",
       frame(kScores + "  - Z[m1,p] = max[m0] B[m1,m0,p]\n",
             "partitions: {M: [M1, M0]}\ninitial: {@Z: 0}"),
       {"not generational"}},
      {"initial_of_no_tensor",
       frame(kScores + running + "  - RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n" + last,
             "partitions: {M: [M1, M0]}\ninitial: {RM: 0, @RN: 0}"),
       {"no such tensor", "did you mean 'RM'?"}},
      {"two_generations",
       frame(kScores + "  - RM[m1+1,@p+1] = B[m1,m0,p]\n  - Z[p] = RM[M1,p]\n", kInitial),
       {"one generational dimension"}},
      {"generation_by_a_window",
       frame(
           kScores + running + "  - RM[m1+1,p] = max(RM[m1,p], L[m1,p])\n  - Z[p] = RM[@m1+p,p]\n",
           kInitial),
       {"'m1', 'm1+1' or its last generation 'M1'"}},
  };
}

class Faults : public testing::TestWithParam<Case> {};
TEST_P(Faults, NamePlaceAndWhatIsAllowed) { expect_fault(GetParam()); }

std::string name_of(const testing::TestParamInfo<Case>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Form, Faults, testing::ValuesIn(form_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Syntax, Faults, testing::ValuesIn(syntax_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Meaning, Faults, testing::ValuesIn(meaning_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(Order, Faults, testing::ValuesIn(order_cases()), name_of);

TEST(Errors, AllProblemsOfAStepAreToldAtOnce) {
  const std::vector<Problem> problems = problems_of(
      frame("  - Y[m,p] = Q[e,p] * KK[e,m]\n  - X[m,p] = QQ[e,p] * K[e,m]\n  - Z[x] = K[e,m]\n"));
  ASSERT_EQ(problems.size(),
            1U);  // names on the left come first: the others would only repeat them
  EXPECT_EQ(problems[0].where.line, 11);
  EXPECT_EQ(
      problems_of(frame("  - Y[m,p] = Q[e,p] * KK[e,m]\n  - Z[m,p] = QQ[e,p] * K[e,m]\n")).size(),
      2U);
  EXPECT_EQ(problems_of(frame("  - Y[m,p = 1\n  - Z = = 1\n")).size(), 2U);
}

TEST(Errors, AFileThatCannotBeRead) {
  EXPECT_THROW(load_cascade("no/such/cascade.yaml"), ConfigError);
  EXPECT_THROW(load_cascade(std::filesystem::path(WEFT_SOURCE_DIR) / "configs/cascade"),
               ConfigError);
}

TEST(Extents, FillInTheOuterPartition) {
  const Cascade cascade = test::shipped("attention-1pass");
  const Extents extents =
      resolve_extents(cascade, {{"E", 2}, {"F", 3}, {"M", 10}, {"P", 4}, {"M0", 4}});
  EXPECT_EQ(extents[cascade.rank("M1")], 3);
  EXPECT_EQ(
      resolve_extents(cascade, {{"E", 2}, {"F", 3}, {"M", 10}, {"P", 4}, {"M0", 4}, {"M1", 3}}),
      extents);
  const Cascade three = test::with_einsums("partitions: {M: [M2, M1, M0]}\n",
                                           "  - Z[m2,m1,m0,p] = Q[e,p] * K[e,m2,m1,m0]\n");
  EXPECT_EQ(resolve_extents(
                three, {{"E", 2}, {"M", 25}, {"P", 4}, {"M0", 4}, {"M1", 3}})[three.rank("M2")],
            3);
}

TEST(Extents, FaultsNameTheRankAndWhatIsAllowed) {
  const Cascade cascade = test::shipped("attention-1pass");
  const auto message = [&](const std::map<std::string, std::int64_t>& more) {
    std::map<std::string, std::int64_t> extents{{"E", 2}, {"F", 3}, {"M", 10}, {"P", 4}};
    for (const auto& [name, extent] : more) extents[name] = extent;
    try {
      resolve_extents(cascade, extents);
    } catch (const ConfigError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_EQ(message({{"M0", 4}}), "no error");
  EXPECT_NE(message({}).find("M0: missing extent of rank M0 (keys)"), std::string::npos);
  EXPECT_NE(message({{"M0", 4}, {"N", 4}}).find("Allowed: 'E', 'F', 'M', 'P' or 'M0'"),
            std::string::npos);
  EXPECT_NE(
      message({{"M0", 0}}).find("M0 = '0': an extent must be a whole number from 1 to 4294967296"),
      std::string::npos);
  EXPECT_NE(message({{"M0", -4}}).find("from 1 to"), std::string::npos);
  EXPECT_NE(message({{"M0", (std::int64_t{1} << 32) + 1}}).find("from 1 to"), std::string::npos);
  EXPECT_NE(message({{"M0", 4}, {"M1", 4}}).find("leave it out, or give 3"), std::string::npos);
  EXPECT_NE(message({{"m0", 4}}).find("did you mean 'M0'?"), std::string::npos);
}

}  // namespace
}  // namespace weft::einsum
