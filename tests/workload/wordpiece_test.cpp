#include "models/workload/wordpiece.hpp"

#include "models/workload/letters.hpp"
#include "tests/workload/files.hpp"

namespace weft::workload {
namespace {

using Ids = std::vector<std::int64_t>;

class WordPieceOf : public test::InFolder {
 protected:
  WordPiece vocabulary(const std::string& text) const {
    return WordPiece(write("vocab.txt", text));
  }
};
// 0 [CLS], 1 [SEP], 2 [UNK], 3 un, 4 ##aff, 5 ##able, 6 ##a, 7 cafe, 8 ",", 9 a, 10 中, 11 e
const std::string kPieces = "[CLS]\n[SEP]\n[UNK]\nun\n##aff\n##able\n##a\ncafe\n,\na\n中\ne\n";

TEST_F(WordPieceOf, TakesTheLongestKnownPrefixAgainAndAgain) {
  const WordPiece words = vocabulary(kPieces);
  const Location where{"t", 1, 0};
  EXPECT_EQ(words.size(), 12);
  EXPECT_EQ(words.encode("unaffable", where), (Ids{0, 3, 4, 5, 1}));
  EXPECT_EQ(words.encode("UNAFFABLE , una", where), (Ids{0, 3, 4, 5, 8, 3, 6, 1}));
  EXPECT_EQ(words.encode("unaffe", where), (Ids{0, 2, 1})) << "what leaves a rest is unknown whole";
  EXPECT_EQ(words.encode("Café,CAFÉ a\u0301", where), (Ids{0, 7, 8, 7, 9, 1}));
  EXPECT_EQ(words.encode("a中a", where), (Ids{0, 9, 10, 9, 1})) << "an ideograph is a word";
  EXPECT_EQ(words.encode("", where), (Ids{0, 1}));
  EXPECT_EQ(words.encode("ca\u00ADfe\u00A0a\u2003a", where), (Ids{0, 7, 9, 9, 1}));
}

TEST_F(WordPieceOf, LongWordsAreUnknown) {
  const WordPiece words = vocabulary(kPieces);
  EXPECT_EQ(words.encode("a" + std::string(99, 'a'), {"t", 1, 0}).size(), 102u);
  EXPECT_EQ(words.encode("a" + std::string(100, 'a'), {"t", 1, 0}), (Ids{0, 2, 1}));
}

class BadWordPiece : public WordPieceOf {};

TEST_F(BadWordPiece, VocabulariesAndTextsAreRefused) {
  test::expect_refused([&] { vocabulary("[CLS]\n[SEP]\na\n"); }, {"vocab.txt", "[UNK]"});
  test::expect_refused([&] { vocabulary(std::string("\xFF\n", 2)); }, {"vocab.txt"});
  test::expect_refused([&] { WordPiece(folder_ / "none.txt"); }, {"none.txt"});
  const WordPiece words = vocabulary(kPieces);
  test::expect_refused([&] { words.encode("a \u0905", {"texts", 7, 0}); }, {"texts:7", "U+0905"});
  test::expect_refused([&] { words.encode("a \xC3", {"texts", 8, 0}); }, {"texts:8", "UTF-8"});
}

}  // namespace
}  // namespace weft::workload
