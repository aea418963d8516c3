// What can be wrong with selections, gathers, coordinates, masks by value and extents in indices.
#include "tests/einsum/faults.hpp"

namespace weft::einsum {
namespace {

using test::Case;

std::string selection_frame(const std::string& einsums, const std::string& dynamic = "S: M") {
  return "description: test\nsource: test\nranks: {E: width, M: keys, P: queries, W: "
         "window}\ndynamic: {" +
         dynamic +
         "}\ntensors: {X: [M], K: [E, M], B: [M, P]}\noutputs: [Z]\nscalars: {t: 1}\neinsums:\n" +
         einsums;
}
const std::string kSelect = "  - T[s], I[s] = topk[m] X[m]\n";

std::vector<Case> cases() {
  return {
      {"dynamic_of_unknown_rank",
       selection_frame(kSelect, "S: @N"),
       {"dynamic.S", "not a rank", "'M'"}},
      {"dynamic_of_itself", selection_frame(kSelect, "S: @S"), {"itself"}},
      {"dynamic_in_lower_case", selection_frame(kSelect, "@s: M"), {"capital letter"}},
      {"a_third_output",
       selection_frame("  - T[s], I[s], @J[s] = topk[m] X[m]\n"),
       {"'J'", "values and, beside them, the coordinates"}},
      {"coordinates_with_other_indices",
       selection_frame("  - T[p], @I[m] = max[m] B[m,p]\n"),
       {"'I'", "same indices", "'T'"}},
      {"coordinates_written_twice",
       selection_frame("  - T[p], @T[p] = max[m] B[m,p]\n"),
       {"written twice"}},
      {"coordinates_of_a_sum",
       selection_frame("  - T[p], @I[p] = sum[m] B[m,p]\n"),
       {"'I'", "'max[m]', 'min[m]' or 'topk[m]'"}},
      {"coordinates_of_nothing",
       selection_frame("  - T[m,p], @I[m,p] = B[m,p]\n"),
       {"'I'", "begins with"}},
      {"coordinates_of_two_ranks",
       selection_frame("  - T[], @I[] = max[m,p] B[m,p]\n"),
       {"one rank"}},
      {"coordinates_of_generations",
       selection_frame("  - T[m+1], @I[m+1] = max[p] B[m,p]\n"),
       {"beside generations"}},
      {"selection_without_a_dynamic_rank",
       selection_frame("  - @T[p] = topk[m] X[m]\n"),
       {"one rank on the left that lists its coordinates", "'s'"}},
      {"selection_for_another_rank",
       selection_frame("  - @T[s,m] = topk[p] B[m,p]\n"),
       {"declare one under 'dynamic'", "'S: P'"}},
      {"selection_over_two_ranks",
       selection_frame("  - T[s] = @topk[m,p] B[m,p]\n"),
       {"along one rank"}},
      {"selection_that_leaves_a_variable",
       selection_frame(kSelect + "  - U[s] = @topk[m] K[e,m]\n"),
       {"stands neither on the left nor in the reduction"}},
      {"selected_twice",
       selection_frame(kSelect + "  - @U[s] = topk[m] -X[m]\n  - Z[s] = T[s] + U[s]\n"),
       {"'s'", "selected twice", "line 9"}},
      {"selected_rank_on_the_right",
       selection_frame(kSelect + "  - Z[s] = @topk[m] X[m] * T[s]\n"),
       {"also indexes the right-hand side"}},
      {"selection_with_else",
       selection_frame("  - T[s] = topk[m] X[m] where X[m] > 0 @else 0\n"),
       {"no candidate", "drop 'else'"}},
      {"list_of_another_rank",
       selection_frame("  - T[p], I[p] = max[m] B[m,p]\n  - Z[e,p] = K[@I[p],e]\n"),
       {"'I'", "holds coordinates of M", "'K' is E"}},
      {"index_that_is_no_tensor",
       selection_frame("  - Z[e,s] = K[e,@J[s]]\n"),
       {"'J'", "no such tensor", "did you mean"}},
      {"gather_on_the_left",
       selection_frame(kSelect + "  - Z[@I[s]] = T[s]\n"),
       {"an index on the left is a rank variable"}},
      {"extents_alone",
       selection_frame("  - Z[e] = K[e,@M-W]\n"),
       {"'M'", "constant is no index", "p+w-W+1"}},
      {"extent_of_no_rank",
       selection_frame("  - Z[e,p,w] = K[e,p+w-@V]\n"),
       {"'V'", "not a rank variable"}},
      {"mask_of_an_unknown_tensor",
       selection_frame("  - Z[m,p] = B[m,p] where @C[m,p] != 0 else 0\n"),
       {"'C'", "no such tensor", "did you mean"}},
      {"mask_over_what_is_not_on_the_left",
       selection_frame("  - Z[p] = B[m,p] where @X[m] != 0 else 0\n"),
       {"bad mask", "not on the left-hand side", "'p'"}},
      {"mask_of_a_tensor_without_indices",
       selection_frame("  - Z[m,p] = B[m,p] where @X != 0 else 0\n"),
       {"bad mask", "[M]", "no index is given"}},
      {"mask_of_scalars_alone",
       selection_frame("  - Z[m,p] = B[m,p] @where t > 0 else 0\n"),
       {"bad mask", "names no coordinate"}},
      {"half_a_comparison",
       selection_frame("  - Z[m,p] = B[m,p] where X[m] @! 0 else 0\n"),
       {"no such character"}},
      {"coefficient_that_is_no_whole_number",
       selection_frame("  - Z[m,p] = B[m,p] where 0.5 @* X[m] > 0 else 0\n"),
       {"bad mask", "expected '<='"}},
      {"indices_nested_too_deep",
       selection_frame("  - Z[e,s] = " +
                       [] {
                         std::string text;
                         for (int i = 0; i < 65; ++i) text += "X[";
                         return text + "X[@s" + std::string(66, ']');
                       }() +
                       "\n"),
       {"deep"}},
  };
}

class SelectionFaults : public testing::TestWithParam<Case> {};
TEST_P(SelectionFaults, NamePlaceAndWhatIsAllowed) { test::expect_fault(GetParam()); }
INSTANTIATE_TEST_SUITE_P(All, SelectionFaults, testing::ValuesIn(cases()),
                         [](const testing::TestParamInfo<Case>& one) { return one.param.name; });

TEST(SelectionFaultsOf, Extents) {
  const Cascade cascade =
      parse_cascade(selection_frame("  - Z[s] = topk[m] X[m]\n  - Y[e,p] = K[e,m] * "
                                    "B[m,p]\n"),
                    "bad.yaml");
  const std::map<std::string, std::int64_t> some{{"E", 2}, {"M", 8}, {"P", 3}, {"W", 1}};
  EXPECT_EQ(resolve_extents(cascade, some)[cascade.rank("S")], 8);
  auto more = some;
  more["S"] = 9;
  try {
    resolve_extents(cascade, more);
    FAIL();
  } catch (const ConfigError& error) {
    EXPECT_NE(std::string(error.what()).find("coordinates of M, which has 8"), std::string::npos);
  }
}

// Words of selections are names like any where a cascade selects nothing.
TEST(SelectionFaultsOf, NoWordIsTaken) {
  const std::string head =
      "description: t\nsource: t\nranks: {M: m}\ntensors: {topk: [M]}\noutputs: [Z]\n";
  EXPECT_EQ(test::problems_of(head + "einsums: ['Z[m] = topk[m] * topk[m]']\n").size(), 0U);
  EXPECT_EQ(
      test::problems_of(head + "dynamic: {S: M}\neinsums: ['Z[m] = topk[m] * topk[m]']\n").size(),
      1U);
}

}  // namespace
}  // namespace weft::einsum
