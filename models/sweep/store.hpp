// Where a sweep's points lie: one SQLite file in a folder, which sqlite3, pandas and others open.
// docs/units/sweep.md has its tables.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/sweep/row.hpp"

struct sqlite3;

namespace weft::sweep {

// Of which a store holds the points; the last that was run on it.
struct SweepRecord {
  std::string name;
  std::string file;    // as it was named
  std::string folder;  // in which it was run: what its paths are relative to
  std::string text;
  std::string fidelity;  // over the file's own, where not empty
};

// A store that is open. Several processes may have one open at once; each call is one transaction,
// and a process that is killed loses no more than the call it was in. Throws ConfigError for what
// is no store, one that another version wrote, and a disk that is full or gone: nothing is half
// written.
class Store {
 public:
  static constexpr int kSchema = 2;
  static constexpr const char* kFile = "store.sqlite";

  enum class Mode : std::uint8_t { create, existing };
  Store(const std::filesystem::path& folder, Mode mode);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void record(const SweepRecord& sweep);
  SweepRecord recorded() const;  // ConfigError where nothing was run on it

  // A point that is there already stays as it is.
  void add(std::span<const Row> rows);
  // Forgets the points that failed or took too long.
  void forget_failed();

  using Statuses = std::unordered_map<Key, engine::Status, KeyHash>;
  Statuses statuses() const;

  struct Stored {
    engine::Status status = engine::Status::ok;
    std::string reason;
    std::optional<std::uint64_t> cycles;
    std::string json;  // empty where it can be computed again
  };
  std::optional<Stored> find(const Key& key) const;

  // Why points are not ok, the most frequent reasons first, 20 of them at most.
  struct Reason {
    std::string status;
    std::string reason;
    std::uint64_t count = 0;
  };
  std::vector<Reason> reasons() const;

  // As CSV (RFC 4180): the columns of the view `points`, and of one point what is in them; nothing
  // where it is not there.
  std::string csv_header() const;
  std::optional<std::string> csv_row(const Key& key) const;

 private:
  struct Close {
    void operator()(sqlite3* db) const;
  };
  class Statement;
  struct Rewound;

  [[noreturn]] void refuse(int code, const std::string& doing) const;
  void run(const char* sql) const;
  void run_patiently(const char* sql) const;
  std::int64_t number(const char* sql) const;
  void make_tables();
  std::int64_t text_id(std::string_view text);

  std::filesystem::path path_;
  std::unique_ptr<sqlite3, Close> db_;
  std::unordered_map<std::string, std::int64_t> texts_;
  mutable std::unique_ptr<Statement> find_, csv_row_;  // made once; they end before `db_` does
};

}  // namespace weft::sweep
