// Writes JSON in the order it is told, straight into one string. Doubles by shortest round trip;
// what is not finite, as null.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::json {

enum class Layout : std::uint8_t { pretty, compact };  // two spaces a level, or one line

// The same calls give the same bytes. Misuse (a value without its key, an end without its begin) is
// a ContractError.
class Writer {
 public:
  explicit Writer(Layout layout = Layout::pretty) : layout_(layout) {}

  void begin_object() { begin('{'); }
  void end_object() { end('}'); }
  void begin_array() { begin('['); }
  void end_array() { end(']'); }

  void key(std::string_view name);
  void value(std::string_view text);  // bytes that are not UTF-8 become U+FFFD
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth) { raw(truth ? "true" : "false"); }
  void value(double number);
  void value(std::signed_integral auto number) { raw(std::to_string(number)); }
  void value(std::unsigned_integral auto number) { raw(std::to_string(number)); }
  void null() { raw("null"); }

  template <class T>
  void field(std::string_view name, const T& held) {
    key(name);
    value(held);
  }
  void null_field(std::string_view name) {
    key(name);
    null();
  }

  // A list under its name: of values, or of objects whose fields `fields(item)` writes.
  template <class Items>
  void values(std::string_view name, const Items& items) {
    key(name);
    begin_array();
    for (const auto& item : items) value(item);
    end_array();
  }
  template <class Items, class Fields>
  void objects(std::string_view name, const Items& items, const Fields& fields) {
    key(name);
    begin_array();
    for (const auto& item : items) {
      begin_object();
      fields(item);
      end_object();
    }
    end_array();
  }

  // The finished document; in pretty layout it ends with a new line.
  std::string take();

 private:
  struct Level {
    char close = '}';
    bool empty = true;
  };

  void begin(char open);
  void end(char close);
  void raw(std::string_view text);
  void before_value();
  void new_line();

  Layout layout_;
  std::string out_;
  std::vector<Level> levels_;
  bool has_key_ = false;
};

// `text` in quotes, escaped; also what JSON would let pass and a terminal obeys (text.hpp).
void append_quoted(std::string& out, std::string_view text);

}  // namespace weft::json
