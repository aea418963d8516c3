#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unistd.h>
#include <CLI/Version.hpp>
#include <boost/version.hpp>
#include <systemc>

#include <array>
#include <cstdio>
#include <memory>
#include <thread>

#include "models/common/error.hpp"
#include "models/common/json.hpp"
#include "sim/cli/commands.hpp"
#include "sim/cli/output.hpp"
#include "sim/request/options.hpp"
#include "sim/rtl/engine_library.hpp"

namespace weft::cli {

using namespace request;
namespace {

constexpr const char* kDoctorExamples = R"(Examples:
  weft doctor
  weft doctor --json -)";

// One line of the report: what, its version or state, and what it is for.
struct Finding {
  std::string name;
  std::string version;  // empty: not there
  std::string use;
};

// The first line that a shell command prints; empty where it fails. Its errors are not shown.
std::string first_line_of(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
      ::popen((command + " 2>/dev/null").c_str(), "r"), ::pclose);
  if (!pipe) return "";
  std::array<char, 256> line{};
  if (std::fgets(line.data(), static_cast<int>(line.size()), pipe.get()) == nullptr) return "";
  std::string text = line.data();
  return text.substr(0, text.find_last_not_of("\r\n ") + 1);
}

std::vector<Finding> built_with() {
  return {{"compiler", WEFT_COMPILER, "built Weft"},
          {"CMake", WEFT_CMAKE_VERSION, "built Weft"},
          {"SystemC", SC_VERSION, "--fidelity systemc"},
          {"fmt",
           fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100),
           "text"},
          {"yaml-cpp", WEFT_YAML_CPP_VERSION, "configurations"},
          {"nlohmann-json", WEFT_NLOHMANN_JSON_VERSION, "headers of traces"},
          {"CLI11", CLI11_VERSION, "the command line"},
          {"Boost",
           fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                       BOOST_VERSION % 100),
           "graphs of Einsums"},
          {"OpenSSL", ::OpenSSL_version(OPENSSL_VERSION_STRING), "hashes of configurations"}};
}

std::vector<Finding> optional_tools() {
  return {{"Verilator", first_line_of("verilator --version"), "weft rtl build"},
          {"Yosys", first_line_of("yosys -V"), "synthesis; no command of this version needs it"},
          {"matplotlib",
           first_line_of("/usr/bin/python3 -c 'import matplotlib; print(matplotlib.__version__)'"),
           "pictures: scripts/plot, scripts/demo.sh"}};
}

// A library of Verilated RTL that was found: whether it can be used, and why not.
struct RtlLibrary {
  const sim::rtl::EngineKind* kind = nullptr;
  sim::rtl::Found found;
  std::string trouble;
};

std::vector<RtlLibrary> rtl_libraries() {
  std::vector<RtlLibrary> all;
  for (const sim::rtl::EngineKind* kind : sim::rtl::engine_kinds()) {
    for (const sim::rtl::Found& found : sim::rtl::find_libraries(*kind)) {
      RtlLibrary& library = all.emplace_back(RtlLibrary{kind, found, ""});
      try {
        for (const auto* path : {&found.checked, &found.fast})
          if (!path->empty()) sim::rtl::open_engine(*kind, *path);
      } catch (const ConfigError& error) {
        library.trouble = error.what();
      }
    }
  }
  return all;
}

std::string rtl_text() {
  std::string text = "  RTL libraries, for --fidelity rtl\n";
  const auto all = rtl_libraries();
  for (const RtlLibrary& library : all) {
    const std::string name =
        fmt::format("{}, {} {}", library.kind->name, library.kind->size, library.found.size);
    text += library.trouble.empty()
                ? fmt::format("    {}  {}{}\n", name, library.found.any().string(),
                              library.found.fast.empty()      ? ", no fast one"
                              : library.found.checked.empty() ? ", no checked one"
                                                              : " and a fast one")
                : fmt::format("    {}  cannot be used: {}\n", name, library.trouble);
  }
  if (all.empty()) text += "    none: build one with 'weft rtl build --side N'\n";
  return text;
}

void write_rtl_libraries(json::Writer& out) {
  out.objects("rtl_libraries", rtl_libraries(), [&](const RtlLibrary& library) {
    out.field("engine", library.kind->name);
    out.field(library.kind->size, library.found.size);
    out.field("path", library.found.any().string());
    if (library.found.fast.empty()) {
      out.null_field("fast");
    } else {
      out.field("fast", library.found.fast.string());
    }
    if (library.trouble.empty()) {
      out.null_field("trouble");
    } else {
      out.field("trouble", library.trouble);
    }
  });
}

std::string memory_text() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGE_SIZE);
  return pages > 0 ? fmt::format("{:.1f} GiB", static_cast<double>(pages) *
                                                   static_cast<double>(page_bytes) / (1 << 30))
                   : "unknown";
}

std::string section(const char* title, const std::vector<Finding>& findings) {
  Table table({std::string("  ") + title, "", ""});
  for (const Finding& f : findings)
    table.add({"  " + f.name, f.version.empty() ? "not found" : f.version, f.use});
  return table.text(3);
}

void write_findings(json::Writer& out, const char* name, const std::vector<Finding>& findings) {
  out.objects(name, findings, [&](const Finding& f) {
    out.field("name", f.name);
    if (f.version.empty()) {
      out.null_field("version");
    } else {
      out.field("version", f.version);
    }
    out.field("use", f.use);
  });
}

int doctor(const std::string& json_path) {
  Outputs outputs;
  outputs.expect("--json", json_path, true);
  std::string roots;
  for (const auto& root : config_roots()) roots += (roots.empty() ? "" : ":") + root.string();
  if (!json_path.empty()) {
    json::Writer out;
    out.begin_object();
    out.field("schema", "weft-doctor/1");
    out.field("version", WEFT_VERSION);
    out.field("build_type", WEFT_BUILD_TYPE);
    out.field("configs", roots);
    out.field("cores", std::thread::hardware_concurrency());
    write_findings(out, "built_with", built_with());
    write_findings(out, "optional", optional_tools());
    write_rtl_libraries(out);
    out.end_object();
    write_output(json_path, out.take());
    return 0;
  }
  say(fmt::format(
      "weft {} ({} build)\n  configurations  {}\n  machine         {} cores, {} of memory\n  "
      "fidelities      analytic, systemc, rtl\n\n",
      WEFT_VERSION, WEFT_BUILD_TYPE, roots, std::thread::hardware_concurrency(), memory_text()));
  say(section("built with", built_with()) + "\n" + section("optional", optional_tools()) + "\n" +
      rtl_text());
  return 0;
}

}  // namespace

Command add_doctor(App& app) {
  const auto json = std::make_shared<std::string>();
  App* command = app.add_subcommand(
      "doctor", "What is installed, which optional back ends are there, with versions");
  command->add_option("--json", *json, "as JSON, schema weft-doctor/1; '-' is standard output")
      ->type_name("FILE")
      ->check(not_empty());
  command->footer(kDoctorExamples);
  return {command, [json] { return doctor(*json); }};
}

}  // namespace weft::cli
