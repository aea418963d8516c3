#include "models/engine/design/design_files.hpp"

#include <fmt/format.h>

#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "models/common/text.hpp"

namespace weft::engine {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLeastSide = 2;
constexpr std::int64_t kMostSide = 1024;

// "flat-16x16" taken apart; side is 0 where the name has no such ending.
struct SidedName {
  std::string plain;
  std::int64_t side = 0;
};

SidedName take_apart(const std::string& name) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return {name, 0};
  const std::string_view ending = std::string_view(name).substr(dash + 1);
  const std::size_t cross = ending.find('x');
  if (cross == std::string_view::npos) return {name, 0};
  const std::string_view rows = ending.substr(0, cross);
  const std::string_view columns = ending.substr(cross + 1);
  if (!all_digits(rows) || !all_digits(columns)) return {name, 0};
  const auto refuse = [&](const char* why) {
    throw ConfigError(Problem{
        {},
        "design",
        name,
        fmt::format("{}: the ending is -NxN with N a whole number from {} to {}, such as {}-16x16",
                    why, kLeastSide, kMostSide, name.substr(0, dash))});
  };
  if (rows != columns) refuse("the arrays are square");
  std::int64_t side = 0;
  const auto [end, error] = std::from_chars(rows.data(), rows.data() + rows.size(), side);
  if (error != std::errc{} || side < kLeastSide || side > kMostSide || rows.front() == '0')
    refuse("no such side");
  return {name.substr(0, dash), side};
}

bool exists(const Catalog& catalog, const std::string& kind, const std::string& name) {
  for (const std::string& known : catalog.list(kind)) {
    if (known == name) return true;
  }
  std::error_code code;
  return fs::is_regular_file(name, code);
}

template <class T>
T load_config(const fs::path& file, config::Origins& origins) {
  T out;
  config::Reader reader(&origins);
  config::read(config::load_file(file), out, reader);
  reader.finish();
  if (!origins.contains("")) origins[""] = {file.string(), 0, 0};
  return out;
}

ReadDesign read_files(DesignFiles files, std::int64_t side) {
  ReadDesign read{.files = std::move(files),
                  .arch = {},
                  .arch_origins = {},
                  .binding = {},
                  .binding_origins = {}};
  read.arch = load_config<Architecture>(read.files.arch_file, read.arch_origins);
  read.binding = load_config<Binding>(read.files.binding_file, read.binding_origins);
  // Scaling needs a sound architecture.
  if (auto problems = problems_of(read.arch, read.arch_origins); !problems.empty())
    throw ConfigError(std::move(problems));
  if (side > 0) read.arch = scaled_to_side(read.arch, side);
  return read;
}

}  // namespace

std::filesystem::path named_in(const Catalog& catalog, const std::string& kind,
                               const std::string& name, const Location& origin,
                               const std::string& field) {
  const std::filesystem::path beside = fs::path(origin.file).parent_path() / name;
  std::error_code code;
  const bool path_like =
      name.find('/') != std::string::npos || fs::path(name).extension() == ".yaml";
  if (path_like && fs::path(name).is_relative() && fs::is_regular_file(beside, code)) return beside;
  try {
    return catalog.file(kind, name);
  } catch (const ConfigError& error) {
    std::vector<Problem> problems = error.problems();
    for (Problem& problem : problems) {
      problem.where = origin;
      problem.field = field;
      problem.value = name;
    }
    throw ConfigError(std::move(problems), error.more());
  }
}

ReadDesign read_design(FoundDesign found) { return read_files(std::move(found.files), found.side); }

FoundDesign find_design(const Catalog& catalog, const std::string& name) {
  SidedName sided{name, 0};
  if (!exists(catalog, "design", name)) sided = take_apart(name);
  config::Origins origins;
  const auto file = load_config<DesignFile>(catalog.file("design", sided.plain), origins);
  const auto found = [&](const char* kind, const std::string& part) {
    return named_in(catalog, kind, part, config::origin_of(origins, kind), kind);
  };
  return {{.catalog = catalog,
           .name = name,
           .arch_name = file.arch,
           .binding_name = file.binding,
           .arch_file = found("arch", file.arch),
           .binding_file = found("binding", file.binding)},
          sided.side};
}

FoundDesign find_design(const Catalog& catalog, const std::string& arch,
                        const std::string& binding) {
  return {{.catalog = catalog,
           .name = arch + "+" + binding,
           .arch_name = arch,
           .binding_name = binding,
           .arch_file = catalog.file("arch", arch),
           .binding_file = catalog.file("binding", binding),
           .is_pair = true},
          0};
}

}  // namespace weft::engine
