#include <cctype>

#include "models/einsum/syntax.hpp"

namespace weft::einsum {
namespace {

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

// The length of the UTF-8 character at `at`, so that a message shows it whole.
std::size_t character_length(const std::string& text, std::size_t at) {
  std::size_t length = 1;
  while (at + length < text.size() &&
         (static_cast<unsigned char>(text[at + length]) & 0xC0U) == 0x80U)
    ++length;
  return length;
}

// Digits, a fraction and an exponent; what is glued behind them is part of the token, so that `2m`
// is one bad number.
std::size_t number_end(const std::string& text, std::size_t at) {
  while (at < text.size() && (is_digit(text[at]) || text[at] == '.')) ++at;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    std::size_t exponent = at + 1;
    if (exponent < text.size() && (text[exponent] == '+' || text[exponent] == '-')) ++exponent;
    if (exponent < text.size() && is_digit(text[exponent])) at = exponent;
  }
  while (at < text.size() && (is_letter(text[at]) || is_digit(text[at]))) ++at;
  return at;
}

}  // namespace

std::vector<Token> tokenize(const std::string& text) {
  std::vector<Token> tokens;
  std::size_t at = 0;
  const auto take = [&](TokenKind kind, std::size_t end) {
    tokens.push_back({kind, text.substr(at, end - at), at});
    at = end;
  };
  while (at < text.size()) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++at;
    } else if (is_letter(c)) {
      std::size_t end = at;
      while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]))) ++end;
      take(TokenKind::name, end);
    } else if (is_digit(c) || (c == '.' && at + 1 < text.size() && is_digit(text[at + 1]))) {
      take(TokenKind::number, number_end(text, at));
    } else if (std::string_view("<>=!").find(c) != std::string_view::npos && at + 1 < text.size() &&
               text[at + 1] == '=') {
      take(TokenKind::symbol, at + 2);
    } else if (std::string_view("[](),=+-*/<>").find(c) != std::string_view::npos) {
      take(TokenKind::symbol, at + 1);
    } else {
      throw SyntaxError{
          at, text.substr(at, character_length(text, at)),
          "no such character in an Einsum; operators are + - * / and <= < >= > == != in a mask"};
    }
  }
  tokens.push_back({TokenKind::end, "", text.size()});
  return tokens;
}

}  // namespace weft::einsum
