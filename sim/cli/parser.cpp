#include "sim/cli/parser.hpp"

#include <CLI/CLI.hpp>

namespace weft::cli {

Option* Option::type_name(const std::string& name) {
  held_->type_name(name);
  return this;
}

Option* Option::group(const std::string& name) {
  held_->group(name);
  return this;
}

Option* Option::required() {
  held_->required();
  return this;
}

Option* Option::check(NotEmpty) {
  held_->check(CLI::Validator(
      [](std::string& text) {
        return text.empty() ? std::string("must not be empty") : std::string();
      },
      ""));
  return this;
}

Option* Option::excludes(const Option* other) {
  held_->excludes(other->held_);
  return this;
}

Option* Option::expected(int values) {
  held_->expected(values);
  return this;
}

Option* Option::take_all() {
  held_->take_all();
  return this;
}

App::App(const std::string& description, const std::string& name)
    : owned_(std::make_unique<CLI::App>(description, name)), held_(owned_.get()) {}

App::App(CLI::App& command) : held_(&command) {}

App::~App() = default;

Option* App::keep(CLI::Option* option) { return &options_.emplace_back(*option); }

App* App::add_subcommand(const std::string& name, const std::string& description) {
  CLI::App* command = held_->add_subcommand(name, description);
  command->allow_extras();
  return commands_.emplace_back(new App(*command)).get();
}

Option* App::add_option(const std::string& name, std::string& target, const std::string& help) {
  return keep(held_->add_option(name, target, help));
}

Option* App::add_option(const std::string& name, std::vector<std::string>& target,
                        const std::string& help) {
  return keep(held_->add_option(name, target, help));
}

Option* App::add_flag(const std::string& name, bool& target, const std::string& help) {
  return keep(held_->add_flag(name, target, help));
}

Option* App::add_flag_function(const std::string& name,
                               const std::function<void(std::int64_t)>& call,
                               const std::string& help) {
  return keep(held_->add_flag_function(name, call, help));
}

void App::footer(const std::string& text) { held_->footer(text); }

void App::set_version_flag(const std::string& names, const std::string& text) {
  held_->set_version_flag(names, text);
}

Parsed App::parse(int argc, const char* const* argv) {
  using Kind = Parsed::Kind;
  try {
    held_->parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0)
      return {dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr ? Kind::unexpected
                                                                       : Kind::refused,
              error.what()};
    return {
        dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr ? Kind::version : Kind::help,
        error.what()};
  }
  return {};
}

bool App::parsed() const { return held_->parsed(); }

std::vector<std::string> App::remaining() const { return held_->remaining(); }

std::vector<std::string> App::option_names() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : held_->get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string App::name() const { return held_->get_name(); }

std::string App::help(const std::string& program) const { return held_->help(program); }

}  // namespace weft::cli
