#include "models/workload/wordpiece.hpp"

#include <fmt/format.h>

#include "models/common/input_file.hpp"
#include "models/common/limits.hpp"
#include "models/common/text.hpp"
#include "models/workload/letters.hpp"

namespace weft::workload {
namespace {

constexpr std::size_t kLongestWord = 100;  // characters
constexpr Limit kVocabularyBytes{"vocabulary", 64 * kMi, 64 * kMi, "bytes of a vocabulary"};

// Words in lower case without accents; punctuation and ideographs stand alone.
std::vector<std::string> words_of(std::string_view text, const Location& where) {
  std::vector<std::string> words;
  std::string word;
  const auto finish = [&] {
    if (!word.empty()) words.push_back(std::move(word));
    word.clear();
  };
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (character.bytes == 0) throw ConfigError(Problem{where, "", "", "not UTF-8"});
    text.remove_prefix(character.bytes);
    const Letter letter = letter_of(character.code);
    switch (letter.kind) {
      case LetterKind::in_word: word += letter.text; break;
      case LetterKind::dropped: break;
      case LetterKind::space: finish(); break;
      case LetterKind::alone:
        finish();
        words.push_back(letter.text);
        break;
      case LetterKind::unknown:
        throw ConfigError(Problem{
            where, "", fmt::format("U+{:04X}", character.code),
            "this tokenizer does not know the lower case and accents of that character; it knows "
            "Latin letters up to U+017F, Greek and Cyrillic ones without accents, and ideographs"});
    }
  }
  finish();
  return words;
}

std::size_t characters_of(std::string_view word) {
  std::size_t count = 0;
  for (const char c : word) count += (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  return count;
}

}  // namespace

WordPiece::WordPiece(const std::filesystem::path& vocabulary, const ReadLimits& /*limits*/) {
  const std::string text = read_text(vocabulary, kVocabularyBytes);
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view token = rest.substr(0, end);
    if (token.ends_with('\r')) token.remove_suffix(1);
    if (!token.empty()) ids_.emplace(token, size_);
    ++size_;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  begin_ = special("[CLS]", vocabulary.string());
  end_ = special("[SEP]", vocabulary.string());
  unknown_ = special("[UNK]", vocabulary.string());
}

std::int64_t WordPiece::special(const std::string& token, const std::string& file) const {
  const auto found = ids_.find(token);
  if (found == ids_.end())
    throw ConfigError(Problem{{file, 0, 0},
                              "",
                              token,
                              "no such token: a vocabulary of BERT has [CLS], [SEP] and [UNK], one "
                              "token a line"});
  return found->second;
}

// The longest known prefix, again and again; one [UNK] where that leaves a rest.
void WordPiece::add_word(const std::string& word, std::vector<std::int64_t>& out) const {
  const std::size_t before = out.size();
  bool known = characters_of(word) <= kLongestWord;
  for (std::size_t start = 0; known && start < word.size();) {
    std::size_t end = word.size();
    auto found = ids_.end();
    std::string piece = (start > 0 ? "##" : "") + word.substr(start);
    for (; end > start; --end, piece.pop_back()) {
      found = ids_.find(piece);
      if (found != ids_.end()) break;
    }
    known = end > start;
    if (known) out.push_back(found->second);
    start = end;
  }
  if (known) return;
  out.resize(before);
  out.push_back(unknown_);
}

std::vector<std::int64_t> WordPiece::encode(std::string_view text, const Location& where) const {
  std::vector<std::int64_t> out{begin_};
  for (const std::string& word : words_of(text, where)) add_word(word, out);
  out.push_back(end_);
  return out;
}

}  // namespace weft::workload
