// The uncased WordPiece tokenizer of BERT, from its vocab.txt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/common/error.hpp"
#include "models/common/limits_default.hpp"

namespace weft::workload {

class WordPiece {
 public:
  // One token a line, its number the line's from 0. ConfigError where it is no text, or lacks
  // [CLS], [SEP] or [UNK].
  explicit WordPiece(const std::filesystem::path& vocabulary,
                     const ReadLimits& limits = environment_limits());

  std::int64_t size() const { return size_; }
  // [CLS], the pieces of all words, [SEP]. ConfigError names `where` for text that is not UTF-8 or
  // has a letter whose lower case and accents are not known here (letters.hpp).
  std::vector<std::int64_t> encode(std::string_view text, const Location& where) const;

 private:
  void add_word(const std::string& word, std::vector<std::int64_t>& out) const;
  std::int64_t special(const std::string& token, const std::string& file) const;

  std::map<std::string, std::int64_t, std::less<>> ids_;
  std::int64_t size_ = 0;
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::int64_t unknown_ = 0;
};

}  // namespace weft::workload
