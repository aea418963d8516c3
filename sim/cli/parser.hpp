// Commands and options as the command's own files declare them. It stands before CLI11, whose
// headers alone take seconds in every file that includes them: parser.cpp is the only one. Names
// and meanings are CLI11's.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's
class App;
class Option;
}  // namespace CLI

namespace weft::cli {

struct NotEmpty {};
inline NotEmpty not_empty() { return {}; }  // a check: the text must have a character

// An option or a positional argument, being declared.
class Option {
 public:
  explicit Option(CLI::Option& held) : held_(&held) {}
  Option* type_name(const std::string& name);
  Option* group(const std::string& name);
  Option* required();
  Option* check(NotEmpty);
  Option* excludes(const Option* other);
  Option* expected(int values);  // each time that it is given
  Option* take_all();            // of all times that it is given

 private:
  CLI::Option* held_;
};

// What became of a command line.
struct Parsed {
  enum class Kind : std::uint8_t { run, help, version, refused, unexpected };
  Kind kind = Kind::run;
  std::string text;  // the version, or why it was refused
};

// The program, or one of its commands. Options and commands live as long as the program does.
class App {
 public:
  App(const std::string& description, const std::string& name);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // One that takes what it does not know, for `remaining`.
  App* add_subcommand(const std::string& name, const std::string& description);
  Option* add_option(const std::string& name, std::string& target, const std::string& help);
  Option* add_option(const std::string& name, std::vector<std::string>& target,
                     const std::string& help);
  Option* add_flag(const std::string& name, bool& target, const std::string& help);
  Option* add_flag_function(const std::string& name, const std::function<void(std::int64_t)>& call,
                            const std::string& help);
  void footer(const std::string& text);
  void set_version_flag(const std::string& names, const std::string& text);

  Parsed parse(int argc, const char* const* argv);
  bool parsed() const;                            // whether this command was given
  std::vector<std::string> remaining() const;     // words that it does not know
  std::vector<std::string> option_names() const;  // "--json"
  std::string name() const;
  // The help; `program` is the name that the program goes by before the command's.
  std::string help(const std::string& program = "") const;

 private:
  explicit App(CLI::App& command);
  Option* keep(CLI::Option* option);

  std::unique_ptr<CLI::App> owned_;  // of the program
  CLI::App* held_;
  std::deque<Option> options_;
  std::vector<std::unique_ptr<App>> commands_;
};

}  // namespace weft::cli
