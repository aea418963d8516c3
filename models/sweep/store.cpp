#include "models/sweep/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <system_error>
#include <thread>
#include <utility>

#include "models/common/csv.hpp"
#include "models/common/fields.hpp"

namespace weft::sweep {
namespace {

constexpr int kApplication = 0x57656674;  // "Weft"
constexpr int kPatienceMs = 60000;        // for another process that writes

// Names, settings, reasons and sweeps are texts of their own; `points` is what people read.
constexpr const char* kTables = R"(
CREATE TABLE text(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE point(
  key BLOB NOT NULL UNIQUE, design INTEGER NOT NULL, workload INTEGER NOT NULL, settings INTEGER,
  fidelity INTEGER NOT NULL, status INTEGER NOT NULL, reason INTEGER,
  batch INTEGER, heads INTEGER, kv_heads INTEGER, seq_q INTEGER, seq_kv INTEGER,
  width_qk INTEGER, width_v INTEGER, causal INTEGER,
  cycles INTEGER, seconds REAL, dram_bytes INTEGER, peak_bytes_per_s REAL, peak_macs_per_s REAL,
  utilisation_2d REAL, utilisation_1d REAL, useful_macs REAL, energy_pj REAL, bound_by INTEGER,
  json BLOB);
CREATE TABLE sweep(id INTEGER PRIMARY KEY CHECK(id = 1), name TEXT NOT NULL, file TEXT NOT NULL,
  folder TEXT NOT NULL, text TEXT NOT NULL, fidelity TEXT NOT NULL);
)";

constexpr const char* kPoints = R"(
  SELECT lower(hex(point.key)) AS key, d.text AS design, w.text AS workload, s.text AS settings,
    CASE fidelity WHEN 0 THEN 'analytic' WHEN 1 THEN 'systemc' ELSE 'rtl' END AS fidelity,
    CASE status WHEN 0 THEN 'ok' WHEN 1 THEN 'infeasible' WHEN 2 THEN 'failed' ELSE 'timed_out' END
      AS status, r.text AS reason,
    batch, heads, kv_heads, seq_q, seq_kv, width_qk, width_v, causal, cycles, seconds, dram_bytes,
    peak_bytes_per_s, peak_macs_per_s, utilisation_2d, utilisation_1d, useful_macs, energy_pj, b.text AS bound_by
  FROM point JOIN text AS d ON d.id = design JOIN text AS w ON w.id = workload
    LEFT JOIN text AS s ON s.id = settings LEFT JOIN text AS r ON r.id = reason
    LEFT JOIN text AS b ON b.id = bound_by
)";

constexpr const char* kInsert =
    "INSERT OR IGNORE INTO point VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, "
    "?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)";

}  // namespace

void Store::Close::operator()(sqlite3* db) const { sqlite3_close(db); }

// A prepared statement; numbers of parameters and columns are SQLite's, from 1 and from 0.
class Store::Statement {
 public:
  Statement(const Store& store, const char* sql) : store_(&store) {
    if (const int code = sqlite3_prepare_v2(store.db_.get(), sql, -1, &held_, nullptr);
        code != SQLITE_OK)
      store.refuse(code, "read");
  }
  ~Statement() { sqlite3_finalize(held_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(int at, std::int64_t number) { sqlite3_bind_int64(held_, at, number); }
  void bind_real(int at, const std::optional<double>& number) {
    if (number) {
      sqlite3_bind_double(held_, at, *number);
    } else {
      sqlite3_bind_null(held_, at);
    }
  }
  void bind_null(int at) { sqlite3_bind_null(held_, at); }
  // Both outlive the step.
  void bind_text(int at, std::string_view text) {
    sqlite3_bind_text(held_, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind_bytes(int at, const void* bytes, std::size_t size) {
    sqlite3_bind_blob(held_, at, bytes, static_cast<int>(size), SQLITE_STATIC);
  }

  // Whether there is a row.
  bool step(const char* doing) {
    const int code = sqlite3_step(held_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) store_->refuse(code, doing);
    return false;
  }
  void reset() { sqlite3_reset(held_); }

  int columns() const { return sqlite3_column_count(held_); }
  std::string name(int column) const { return sqlite3_column_name(held_, column); }
  bool is_real(int column) const { return sqlite3_column_type(held_, column) == SQLITE_FLOAT; }
  double real(int column) const { return sqlite3_column_double(held_, column); }
  std::int64_t number(int column) const { return sqlite3_column_int64(held_, column); }
  bool is_null(int column) const { return sqlite3_column_type(held_, column) == SQLITE_NULL; }
  std::string bytes(int column) const {
    const auto* begin = static_cast<const char*>(sqlite3_column_blob(held_, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(held_, column));
    return begin == nullptr ? std::string() : std::string(begin, size);
  }

 private:
  const Store* store_;
  sqlite3_stmt* held_ = nullptr;
};

// A statement that is kept is rewound after each use: while it stands at a row, it reads the store
// as it was then.
struct Store::Rewound {
  Statement& statement;
  ~Rewound() { statement.reset(); }
};

void Store::refuse(int code, const std::string& doing) const {
  const auto why = [&]() -> std::string {
    switch (code & 0xff) {
      case SQLITE_FULL:
        return "no room on the disk; what was stored before is whole, and the same command goes on "
               "from there once there is room";
      case SQLITE_NOTADB: return "is not a store of a sweep";
      case SQLITE_CORRUPT: return "is damaged: it is no longer a whole SQLite file";
      case SQLITE_READONLY: return "cannot be written to";
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        return fmt::format("another process has held it for {} s", kPatienceMs / 1000);
      default: return fmt::format("cannot {} it: {}", doing, sqlite3_errmsg(db_.get()));
    }
  };
  throw ConfigError(Problem{{path_.string(), 0, 0}, "", "", why()});
}

void Store::run(const char* sql) const {
  if (const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
    refuse(code, "write");
}

// What SQLite does not wait for by itself while another process has the file.
void Store::run_patiently(const char* sql) const {
  constexpr int kTries = 600;
  for (int i = 0; i < kTries; ++i) {
    const int code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    if ((code & 0xff) != SQLITE_BUSY && (code & 0xff) != SQLITE_LOCKED) refuse(code, "open");
    std::this_thread::sleep_for(std::chrono::milliseconds(kPatienceMs / kTries));
  }
  refuse(SQLITE_BUSY, "open");
}

std::int64_t Store::number(const char* sql) const {
  Statement asked(*this, sql);
  return asked.step("read") ? asked.number(0) : 0;
}

Store::Store(const std::filesystem::path& folder, Mode mode) : path_(folder / kFile) {
  std::error_code error;
  if (mode == Mode::create) {
    std::filesystem::create_directories(folder, error);
    if (error)
      throw ConfigError(Problem{
          {folder.string(), 0, 0}, "", "", "cannot be made as a folder: " + error.message()});
  } else if (!std::filesystem::exists(path_, error)) {
    throw ConfigError(Problem{{folder.string(), 0, 0},
                              "",
                              "",
                              fmt::format("holds no store: there is no {} in it", kFile)});
  }
  sqlite3* opened = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
  const int code = sqlite3_open_v2(path_.c_str(), &opened, flags, nullptr);
  db_.reset(opened);
  if (code != SQLITE_OK) refuse(code, "open");
  sqlite3_busy_timeout(db_.get(), kPatienceMs);
  run_patiently("PRAGMA journal_mode = WAL");
  run("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -131072");
  if (mode == Mode::create) make_tables();
  const std::int64_t application = number("PRAGMA application_id");
  const std::int64_t schema = number("PRAGMA user_version");
  if (application != kApplication || schema != kSchema)
    throw ConfigError(Problem{
        {path_.string(), 0, 0},
        "",
        "",
        application != kApplication
            ? std::string("is an SQLite file, but no store of a sweep")
            : fmt::format(
                  "was written by a version whose stores have schema {}, and this one reads "
                  "{}: use that version, or another folder",
                  schema, kSchema)});
}

Store::~Store() = default;

void Store::make_tables() {
  run_patiently("BEGIN IMMEDIATE");
  const bool empty = number("SELECT count(*) FROM sqlite_master") == 0;
  if (empty) {
    run(kTables);
    run((std::string("CREATE VIEW points AS") + kPoints).c_str());
    run(fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, kSchema)
            .c_str());
  }
  run("COMMIT");
}

void Store::record(const SweepRecord& sweep) {
  Statement put(*this, "INSERT OR REPLACE INTO sweep VALUES(1, ?1, ?2, ?3, ?4, ?5)");
  put.bind_text(1, sweep.name);
  put.bind_text(2, sweep.file);
  put.bind_text(3, sweep.folder);
  put.bind_text(4, sweep.text);
  put.bind_text(5, sweep.fidelity);
  put.step("write");
}

SweepRecord Store::recorded() const {
  Statement asked(*this, "SELECT name, file, folder, text, fidelity FROM sweep");
  if (!asked.step("read"))
    throw ConfigError(Problem{{path_.string(), 0, 0}, "", "", "no sweep was run on it yet"});
  return {asked.bytes(0), asked.bytes(1), asked.bytes(2), asked.bytes(3), asked.bytes(4)};
}

std::int64_t Store::text_id(std::string_view text) {
  const std::string key(text);
  if (const auto known = texts_.find(key); known != texts_.end()) return known->second;
  Statement put(*this, "INSERT OR IGNORE INTO text(text) VALUES(?1)");
  put.bind_text(1, key);
  put.step("write");
  Statement asked(*this, "SELECT id FROM text WHERE text = ?1");
  asked.bind_text(1, key);
  check(asked.step("read"), "a text that was just written");
  constexpr std::size_t kRemembered = 1 << 16;
  if (texts_.size() >= kRemembered) texts_.clear();
  return texts_[key] = asked.number(0);
}

void Store::add(std::span<const Row> rows) {
  if (rows.empty()) return;
  run_patiently("BEGIN IMMEDIATE");
  try {
    Statement put(*this, kInsert);
    for (const Row& row : rows) {
      const auto text = [&](int at, std::string_view value) {
        if (value.empty()) {
          put.bind_null(at);
        } else {
          put.bind(at, text_id(value));
        }
      };
      put.bind_bytes(1, row.key.data(), row.key.size());
      text(2, row.design);
      text(3, row.workload);
      text(4, row.settings);
      put.bind(5, static_cast<std::int64_t>(row.fidelity));
      put.bind(6, static_cast<std::int64_t>(row.status));
      text(7, row.reason);
      const workload::Shape& shape = row.shape;
      int at = 8;
      for (const std::int64_t extent : {shape.batch, shape.heads, shape.kv_heads, shape.seq_q,
                                        shape.seq_kv, shape.width_qk, shape.width_v})
        put.bind(at++, extent);
      put.bind(at++, shape.causal ? 1 : 0);
      if (row.cycles) {
        put.bind(16, static_cast<std::int64_t>(*row.cycles));
        put.bind_real(17, row.seconds);
        put.bind(18, static_cast<std::int64_t>(row.dram_bytes));
        put.bind_real(19, row.peak_bytes_per_s);
        put.bind_real(20, row.peak_macs_per_s);
      } else {
        for (const int none : {16, 17, 18, 19, 20}) put.bind_null(none);
      }
      put.bind_real(21, row.utilisation_2d);
      put.bind_real(22, row.utilisation_1d);
      put.bind_real(23, row.useful_macs);
      put.bind_real(24, row.energy_pj);
      text(25, row.bound_by);
      if (row.json.empty()) {
        put.bind_null(26);
      } else {
        put.bind_bytes(26, row.json.data(), row.json.size());
      }
      put.step("write");
      put.reset();
    }
    run("COMMIT");
  } catch (...) {
    sqlite3_exec(db_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
    texts_.clear();  // some of them are no longer there
    throw;
  }
}

void Store::forget_failed() {
  run(fmt::format("DELETE FROM point WHERE status IN ({}, {})",
                  static_cast<int>(engine::Status::failed),
                  static_cast<int>(engine::Status::timed_out))
          .c_str());
}

Store::Statuses Store::statuses() const {
  Statuses out;
  out.reserve(static_cast<std::size_t>(number("SELECT count(*) FROM point")));
  Statement asked(*this, "SELECT key, status FROM point");
  while (asked.step("read")) {
    const std::string bytes = asked.bytes(0);
    Key key{};
    if (bytes.size() != key.size()) refuse(SQLITE_CORRUPT, "read");
    std::memcpy(key.data(), bytes.data(), key.size());
    out.emplace(key, static_cast<engine::Status>(asked.number(1)));
  }
  return out;
}

std::optional<Store::Stored> Store::find(const Key& key) const {
  if (find_ == nullptr)
    find_ = std::make_unique<Statement>(
        *this,
        "SELECT status, text.text, cycles, json FROM point LEFT JOIN text ON text.id = reason "
        "WHERE key = ?1");
  Statement& asked = *find_;
  const Rewound rewound{asked};
  asked.bind_bytes(1, key.data(), key.size());
  if (!asked.step("read")) return std::nullopt;
  Stored out;
  out.status = static_cast<engine::Status>(asked.number(0));
  out.reason = asked.bytes(1);
  if (!asked.is_null(2)) out.cycles = static_cast<std::uint64_t>(asked.number(2));
  out.json = asked.bytes(3);
  return out;
}

std::vector<Store::Reason> Store::reasons() const {
  Statement asked(*this,
                  "SELECT status, text.text, count(*) AS points FROM point JOIN text ON text.id = "
                  "reason GROUP BY status, reason ORDER BY points DESC, text.text LIMIT 20");
  std::vector<Reason> out;
  while (asked.step("read"))
    out.push_back({std::string(config::name_of(static_cast<engine::Status>(asked.number(0)))),
                   asked.bytes(1), static_cast<std::uint64_t>(asked.number(2))});
  return out;
}

std::string Store::csv_header() const {
  const Statement asked(*this, kPoints);
  std::string out;
  for (int c = 0; c < asked.columns(); ++c) out += (c > 0 ? "," : "") + asked.name(c);
  return out + "\n";
}

std::optional<std::string> Store::csv_row(const Key& key) const {
  if (csv_row_ == nullptr)
    csv_row_ = std::make_unique<Statement>(
        *this, (std::string(kPoints) + " WHERE point.key = ?1").c_str());
  Statement& asked = *csv_row_;
  const Rewound rewound{asked};
  asked.bind_bytes(1, key.data(), key.size());
  if (!asked.step("read")) return std::nullopt;
  std::string out;
  for (int c = 0; c < asked.columns(); ++c) {
    if (c > 0) out += ',';
    out += asked.is_real(c) ? config::number_text(asked.real(c)) : csv::cell(asked.bytes(c));
  }
  return out + "\n";
}

}  // namespace weft::sweep
