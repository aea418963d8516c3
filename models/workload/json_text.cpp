#include "models/workload/json_text.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "models/workload/file_bytes.hpp"

namespace weft::workload {
namespace {

using Json = nlohmann::json;

// Line and column, from 1, of a byte.
Location place_of(std::string_view text, std::size_t byte, const std::string& file) {
  const std::string_view before = text.substr(0, std::min(byte, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return {file, static_cast<int>(line),
          static_cast<int>(std::max<std::size_t>(1, before.size() - start))};
}

// Builds the document from the parser's events and counts as it does. (The library's own parser
// with a call-back looks through a whole object each time a member of it ends.)
class Builder final : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view text, const std::string& file, const std::string& field,
          const JsonLimits& limits)
      : text_(text), where_{file, 0, 0}, field_(field), limits_(limits) {}

  Json take() { return std::move(root_); }

  bool null() override { return add(Json(nullptr)); }
  bool boolean(bool value) override { return add(Json(value)); }
  bool number_integer(number_integer_t value) override { return add(Json(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Json(value)); }
  bool number_float(number_float_t value, const string_t&) override { return add(Json(value)); }
  bool string(string_t& value) override { return add(Json(std::move(value))); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(Json::object()); }
  bool key(string_t& name) override {
    count();
    const auto [member, fresh] =
        stack_.back()->get_ref<Json::object_t&>().emplace(std::move(name), nullptr);
    if (!fresh) refuse(where_.file, field_, member->first, "the same key stands twice");
    member_ = &member->second;
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_array() override { return close(); }

  bool parse_error(std::size_t byte, const std::string&,
                   const nlohmann::detail::exception& error) override {
    if (dynamic_cast<const nlohmann::detail::out_of_range*>(&error) != nullptr)
      refuse(where_.file, field_, "", "not JSON that can be held: a number is out of range");
    const std::string why = "not JSON from byte " + std::to_string(byte) + " on";
    if (!field_.empty()) refuse(where_.file, field_, "", why);
    throw ConfigError(Problem{place_of(text_, byte, where_.file), "", "", why});
  }

 private:
  void count() { limits_.nodes.hold(++nodes_, where_); }

  // Puts a value where the parser stands, and returns its place.
  Json* put(Json value) {
    count();
    if (stack_.empty()) return &(root_ = std::move(value));
    if (stack_.back()->is_array())
      return &stack_.back()->get_ref<Json::array_t&>().emplace_back(std::move(value));
    *member_ = std::move(value);
    return member_;
  }
  bool add(Json value) {
    put(std::move(value));
    return true;
  }
  bool open(Json container) {
    limits_.depth.hold(stack_.size() + 1, where_);
    stack_.push_back(put(std::move(container)));
    return true;
  }
  bool close() {
    stack_.pop_back();
    return true;
  }

  std::string_view text_;
  Location where_;
  const std::string& field_;
  const JsonLimits& limits_;
  Json root_;
  Json* member_ = nullptr;    // the value of the last key
  std::vector<Json*> stack_;  // what has begun and not ended; an array grows at its end only, below
                              // nothing that is held
  std::uint64_t nodes_ = 0;
};

}  // namespace

JsonLimits json_limits(const ReadLimits& limits) {
  return {limits.json_bytes, limits.json_nodes, limits.json_depth};
}

Json parse_json(std::string_view text, const std::string& file, const std::string& field,
                const JsonLimits& limits) {
  limits.bytes.hold(text.size(), {file});
  // The parser would take a zero byte for the end of the text.
  if (const auto zero = text.find('\0'); zero != std::string_view::npos)
    refuse(file, field, "", "not JSON from byte " + std::to_string(zero + 1) + " on");
  Builder builder(text, file, field, limits);
  if (!Json::sax_parse(text, &builder)) refuse(file, field, "", "not JSON");
  return builder.take();
}

}  // namespace weft::workload
