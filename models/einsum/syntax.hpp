// One Einsum as written: tokens and a tree whose names are not resolved yet. Offsets count bytes of
// the Einsum's text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/common/limits.hpp"
#include "models/einsum/cascade.hpp"

namespace weft::einsum {

enum class TokenKind : std::uint8_t { name, number, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  std::size_t offset = 0;

  bool is(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
  bool is_word(std::string_view word) const { return kind == TokenKind::name && text == word; }
};

// What is wrong with one Einsum's text, and where. Turned into a ConfigError by the loader.
struct SyntaxError {
  std::size_t offset = 0;
  std::string value;
  std::string message;
};

std::vector<Token> tokenize(const std::string& text);

// coefficient · name: a rank variable (`m1`), a rank (`M1`) for its extent or, alone, its last
// generation, a tensor's value (`I[s]`) or, in masks, a scalar.
struct ParsedTerm {
  std::string name;
  int coefficient = 1;
  std::size_t offset = 0;
  int access = kNone;  // of a tensor's value: into ParsedEinsum::accesses
};

// `m1`, `m1+1`, `p+w-W+1`, `2*p+w`, `M1`, `16*I[b]+w`; in masks a whole side.
struct ParsedSum {
  std::vector<ParsedTerm> terms;
  std::int64_t constant = 0;
  std::size_t offset = 0;
  double fraction = 0;  // in masks: what its numbers that are no whole ones add up to
};

struct ParsedAccess {
  std::string name;
  std::vector<ParsedSum> indices;
  std::size_t offset = 0;
};

struct ParsedNode {
  Op op = Op::constant;  // Op::scalar: a bare name, a scalar or a tensor without dimensions
  int left = kNone;
  int right = kNone;
  int access = kNone;  // into ParsedEinsum::accesses
  double value = 0;
  std::string name;
  std::size_t offset = 0;
};

struct ParsedMask {
  ParsedSum left;
  ParsedSum right;
  double otherwise = 0;
  std::size_t offset = 0;
  Mask::Compare compare = Mask::Compare::at_most;  // of left to right
  std::size_t first_access = 0;                    // of its own among ParsedEinsum::accesses
};

struct ParsedReduction {
  Op op = Op::add;
  std::vector<ParsedTerm> ranks;
  std::size_t offset = 0;
};

struct ParsedEinsum {
  std::vector<ParsedAccess> outputs;   // values; the coordinates where they were found
  std::vector<ParsedAccess> accesses;  // those in indices and masks too
  std::vector<ParsedNode> nodes;       // children before parents
  std::optional<ParsedReduction> reduction;
  std::optional<ParsedMask> mask;
};

// Throws SyntaxError, also where parentheses, calls and indices stand within one another deeper
// than `depth`. `selections`: whether `topk` is a word of the language here.
ParsedEinsum parse_einsum(const std::string& text, const Limit& depth = ReadLimits{}.cascade_depth,
                          bool selections = true);

// "inf", "-inf", "1.5", "64K"; nothing for anything else.
std::optional<double> value_of(std::string_view text);

}  // namespace weft::einsum
