#include <cmath>
#include <limits>

#include "models/common/fields.hpp"
#include "models/einsum/operators.hpp"
#include "models/einsum/syntax.hpp"

namespace weft::einsum {
namespace {

class Parser {
 public:
  // `depth` bounds the recursion.
  Parser(const std::string& text, const Limit& depth, bool selections)
      : tokens_(tokenize(text)), depth_(depth), selections_(selections) {}

  ParsedEinsum parse() {
    if (peek().kind == TokenKind::end) fail("an empty Einsum; write 'Z[m,n] = A[k,m] * B[k,n]'");
    out_.outputs.push_back(access(expect_name("the tensor that is written"), 0));
    while (peek().is(",")) {
      next();
      out_.outputs.push_back(access(expect_name("the tensor of the coordinates"), 0));
    }
    expect("=", "'=' after the left-hand side");
    reduction();
    sum(0);
    if (peek().is_word("where")) mask();
    if (peek().kind != TokenKind::end) fail("expected an operator (+ - * /), 'where' or the end");
    return std::move(out_);
  }

 private:
  const Token& peek(std::size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  Token next() {
    Token token = peek();
    if (token.kind != TokenKind::end) ++at_;
    return token;
  }
  [[noreturn]] void fail(std::string message) const { fail(peek(), std::move(message)); }
  [[noreturn]] static void fail(const Token& token, std::string message) {
    throw SyntaxError{token.offset, token.kind == TokenKind::end ? "end of the Einsum" : token.text,
                      std::move(message)};
  }
  void expect(std::string_view symbol, const std::string& what) {
    if (!peek().is(symbol)) fail("expected " + what);
    next();
  }
  Token expect_name(const std::string& what) {
    if (peek().kind != TokenKind::name) fail("expected " + what);
    return next();
  }

  int push(ParsedNode node) {
    out_.nodes.push_back(std::move(node));
    return static_cast<int>(out_.nodes.size()) - 1;
  }

  std::int64_t integer(const Token& token) const {
    const std::optional<double> number = config::number_of(token.text);
    constexpr double kMost = std::numeric_limits<int>::max();
    if (!number || *number > kMost ||
        *number != static_cast<double>(static_cast<std::int64_t>(*number))) {
      fail(token, "expected a whole number up to 2147483647, or a rank variable");
    }
    return static_cast<std::int64_t>(*number);
  }

  // What a sum stands in: a mask also compares fractions.
  enum class Inside : std::uint8_t { index, mask };

  // A rank variable, a rank, or a tensor's value.
  void named_term(ParsedSum& sum, const Token& name, int coefficient, int depth) {
    int value = kNone;
    if (peek().is("[")) {
      out_.accesses.push_back(access(name, depth + 1));
      value = static_cast<int>(out_.accesses.size()) - 1;
    }
    sum.terms.push_back({name.text, coefficient, name.offset, value});
  }

  // name | access | integer | integer * (name | access); in a mask a number too
  void linear_term(ParsedSum& sum, int sign, Inside inside, int depth) {
    const Token token = next();
    if (token.kind == TokenKind::name) return named_term(sum, token, sign, depth);
    if (token.kind != TokenKind::number)
      fail(token, "expected a rank variable such as 'm', a rank such as 'M', or a whole number");
    if (const std::optional<double> number = config::number_of(token.text);
        inside == Inside::mask && number && *number != std::floor(*number)) {
      sum.fraction += sign * *number;
      return;
    }
    const std::int64_t value = integer(token);
    if (!peek().is("*")) {
      sum.constant += sign * value;
      return;
    }
    next();
    const Token name = expect_name("a rank variable after '*'");
    if (value == 0) fail(token, "a coefficient of 0 drops the variable; leave the term out");
    named_term(sum, name, sign * static_cast<int>(value), depth);
  }

  ParsedSum linear(Inside inside, int depth) {
    if (depth > static_cast<int>(depth_.value)) fail(depth_.message());
    ParsedSum sum;
    sum.offset = peek().offset;
    int sign = 1;
    if (peek().is("-")) {
      next();
      sign = -1;
    }
    linear_term(sum, sign, inside, depth);
    while (peek().is("+") || peek().is("-")) {
      sign = next().is("+") ? 1 : -1;
      linear_term(sum, sign, inside, depth);
    }
    return sum;
  }

  ParsedAccess access(const Token& name, int depth) {
    ParsedAccess access{name.text, {}, name.offset};
    if (!peek().is("[")) return access;
    next();
    while (!peek().is("]") || !access.indices.empty()) {
      access.indices.push_back(linear(Inside::index, depth));
      if (peek().is("]")) break;
      expect(",", "',' or ']' after an index");
    }
    next();
    return access;
  }

  void reduction() {
    const Operator* op =
        peek().kind == TokenKind::name ? reduction_named(peek().text, selections_) : nullptr;
    if (peek().kind != TokenKind::name || !peek(1).is("[") || op == nullptr) return;
    ParsedReduction parsed{op->op, {}, next().offset};
    next();
    while (true) {
      const Token name = expect_name("a rank variable to reduce over");
      parsed.ranks.push_back({name.text, 1, name.offset});
      if (peek().is("]")) break;
      expect(",", "',' or ']' after a reduced rank");
    }
    next();
    out_.reduction = std::move(parsed);
  }

  int binary(Op op, int left, int right, std::size_t offset) {
    return push({op, left, right, kNone, 0, "", offset});
  }

  int sum(int depth) {
    if (depth > static_cast<int>(depth_.value)) fail(depth_.message());
    int left = product(depth);
    while (peek().is("+") || peek().is("-")) {
      const Token symbol = next();
      left = binary(symbol.is("+") ? Op::add : Op::subtract, left, product(depth), symbol.offset);
    }
    return left;
  }

  int product(int depth) {
    int left = factor(depth);
    while (peek().is("*") || peek().is("/")) {
      const Token symbol = next();
      left = binary(symbol.is("*") ? Op::multiply : Op::divide, left, factor(depth), symbol.offset);
    }
    return left;
  }

  int factor(int depth) {
    if (depth > static_cast<int>(depth_.value)) fail(depth_.message());
    const Token token = next();
    if (token.is("-"))
      return push({Op::negate, factor(depth + 1), kNone, kNone, 0, "", token.offset});
    if (token.is("(")) {
      const int inner = sum(depth + 1);
      expect(")", "')'");
      return inner;
    }
    if (token.kind == TokenKind::number) {
      const std::optional<double> value = value_of(token.text);
      if (!value) fail(token, "not a number");
      return push({Op::constant, kNone, kNone, kNone, *value, "", token.offset});
    }
    if (token.kind != TokenKind::name || token.text == "where" || token.text == "else") {
      fail(token, "expected a tensor, a scalar, a number, a function or '('");
    }
    if (peek().is("(")) return call(token, depth);
    if (peek().is("[")) return indexed(token, depth);
    if (token.text == "inf")
      return push({Op::constant, kNone, kNone, kNone, kInfinity, "", token.offset});
    return push({Op::scalar, kNone, kNone, kNone, 0, token.text, token.offset});
  }

  int indexed(const Token& token, int depth) {
    if (reduction_named(token.text, selections_) != nullptr)
      fail(token,
           "a reduction stands once, at the start of the right-hand side; give it an Einsum of its "
           "own");
    out_.accesses.push_back(access(token, depth));
    return push({Op::access, kNone, kNone, static_cast<int>(out_.accesses.size()) - 1, 0,
                 token.text, token.offset});
  }

  int call(const Token& name, int depth) {
    const Operator* op = function_named(name.text);
    if (op == nullptr)
      fail(name, "no such function; " + config::unknown_name(name.text, function_names()));
    next();
    const int left = sum(depth + 1);
    int right = kNone;
    if (op->arity == 2) {
      expect(",", "',': " + name.text + " takes 2 arguments");
      right = sum(depth + 1);
    }
    expect(")", "')': " + name.text + " takes " + std::to_string(op->arity) +
                    (op->arity == 1 ? " argument" : " arguments"));
    return binary(op->op, left, right, name.offset);
  }

  void mask() {
    ParsedMask mask;
    mask.offset = next().offset;
    mask.first_access = out_.accesses.size();
    mask.left = linear(Inside::mask, 0);
    const Token compare = next();
    const bool turned = compare.is(">=") || compare.is(">");
    if (compare.is("<") || compare.is(">")) {
      mask.compare = Mask::Compare::below;
    } else if (compare.is("==") || compare.is("!=")) {
      mask.compare = compare.is("==") ? Mask::Compare::equal : Mask::Compare::unequal;
    } else if (!compare.is("<=") && !compare.is(">=")) {
      fail(compare,
           "bad mask: expected '<=', '<', '>=', '>', '==' or '!=', as in 'where m <= p + M - P "
           "else -inf'");
    }
    mask.right = linear(Inside::mask, 0);
    if (turned) std::swap(mask.left, mask.right);
    if (out_.reduction && out_.reduction->op == Op::topk) {
      if (peek().is_word("else"))
        fail(
            "bad mask: what a selection's mask leaves out is no candidate and has no value; drop "
            "'else'");
    } else {
      otherwise(mask);
    }
    out_.mask = std::move(mask);
  }

  void otherwise(ParsedMask& mask) {
    if (!peek().is_word("else"))
      fail("bad mask: expected 'else' and the value of masked points, as in 'else -inf'");
    next();
    const bool negative = peek().is("-");
    if (negative) next();
    const Token token = next();
    const std::optional<double> value =
        token.kind == TokenKind::symbol || token.kind == TokenKind::end ? std::nullopt
                                                                        : value_of(token.text);
    if (!value) fail(token, "bad mask: the value after 'else' must be a number, 'inf' or '-inf'");
    mask.otherwise = negative ? -*value : *value;
  }

  std::vector<Token> tokens_;
  Limit depth_;
  bool selections_;
  std::size_t at_ = 0;
  ParsedEinsum out_;
};

}  // namespace

ParsedEinsum parse_einsum(const std::string& text, const Limit& depth, bool selections) {
  return Parser(text, depth, selections).parse();
}

std::optional<double> value_of(std::string_view text) {
  if (text == "inf" || text == ".inf") return kInfinity;
  if (text == "-inf" || text == "-.inf") return -kInfinity;
  return config::number_of(text);
}

}  // namespace weft::einsum
