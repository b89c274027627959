#include "metrics/history/file.hpp"

#include "metrics/history/schema.hpp"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <thread>

namespace gelombang {
namespace {

constexpr int kBusyMilliseconds = 5000;

// The file's first bytes: https://www.sqlite.org/fileformat.html#the_database_header
class Header {
 public:
  static constexpr std::size_t kSize = 100;
  explicit Header(const std::array<char, kSize>& bytes) : bytes_(bytes) {}

  [[nodiscard]] bool is_sqlite() const { return std::memcmp(bytes_.data(), "SQLite format 3", 16) == 0; }
  [[nodiscard]] std::uint64_t page_size() const { return at(16, 2) == 1 ? 65536 : at(16, 2); }
  [[nodiscard]] std::uint64_t pages() const { return at(24, 4) == at(92, 4) ? at(28, 4) : 0; }  // 0: unknown
  [[nodiscard]] std::uint64_t user_version() const { return at(60, 4); }
  [[nodiscard]] std::uint64_t application_id() const { return at(68, 4); }

 private:
  [[nodiscard]] std::uint64_t at(std::size_t offset, std::size_t size) const {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8U | static_cast<std::uint8_t>(bytes_[offset + i]);
    return value;
  }
  const std::array<char, kSize>& bytes_;
};

Error system_error(const std::string& path, int number) { return Error{path + ": " + std::strerror(number)}; }
Error damaged(const std::string& path, std::string_view how) {
  return Error{fmt::format("{} is damaged: {}; it was left as it is", path, how)};
}
Error newer(const std::string& path, std::int64_t version) {
  return Error{fmt::format("{} was written by a newer gelombang (schema {}, this one knows {}); it was left as it is",
                           path, version, history_version())};
}
Error not_ours(const std::string& path) {
  return Error{fmt::format("{} is not a history of gelombang; it was left as it is", path)};
}

struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd;
};

enum class Found : std::uint8_t { nothing, empty, history };

// SQLite takes some names for something other than a file, so it gets an absolute path. It follows links, and its log
// is beside the file that a link leads to.
std::string absolute(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  return error ? std::filesystem::absolute(path).string() : real.string();
}

// Whether SQLite's file with this suffix ("-wal", "-journal") is beside the history and not empty.
bool has_beside(const std::string& path, std::string_view suffix) {
  struct stat facts {};
  return ::stat(absolute(path).append(suffix).c_str(), &facts) == 0 && facts.st_size > 0;
}

// Looks without SQLite, which might repair or lock the file.
Result<Found> look_once(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.fd < 0 && errno == ENOENT) return Found::nothing;
  struct stat facts {};
  if (file.fd < 0 || ::fstat(file.fd, &facts) != 0) return system_error(path, errno);
  if (!S_ISREG(facts.st_mode)) return Error{path + " is not a file"};
  if (facts.st_size == 0) return Found::empty;
  std::array<char, Header::kSize> bytes{};
  if (::pread(file.fd, bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return not_ours(path);
  const Header header(bytes);
  if (!header.is_sqlite() || header.application_id() != kHistoryApplicationId) return not_ours(path);
  const auto version = static_cast<std::int64_t>(header.user_version());
  if (version > history_version()) return newer(path, version);
  // With a log beside it, the file may be in the middle of a checkpoint.
  if (!has_beside(path, "-wal") && header.pages() * header.page_size() > static_cast<std::uint64_t>(facts.st_size)) {
    return damaged(path, "it is shorter than its header says");
  }
  return Found::history;
}

// A file that another run is making looks foreign for a moment, with a journal beside it. So look again until no
// journal was there before the look.
Result<Found> look_at(const std::string& path) {
  constexpr int kPause = 20;  // milliseconds
  Result<Found> found = look_once(path);
  for (int waited = 0; !found && waited < kBusyMilliseconds; waited += kPause) {
    std::this_thread::sleep_for(std::chrono::milliseconds(kPause));
    const bool in_the_making = has_beside(path, "-journal");
    found = look_once(path);
    if (!in_the_making) break;
  }
  return found;
}

// Only this sees the content of the log beside the file. Before writing, checks every page (30 ms for 24 MB): otherwise
// new rows would go to sound pages, and the damage would show only later, when the file is read.
Result<int> version_within(SQLite::Database& database, const std::string& path, bool every_page) {
  try {
    const int version = database.execAndGet("PRAGMA user_version").getInt();
    if (version > history_version()) return newer(path, version);
    database.execAndGet("SELECT count(*) FROM sqlite_master");
    if (every_page || version < history_version()) {
      const std::string found = database.execAndGet("PRAGMA quick_check(1)").getString();
      // The finding is below a heading that names the database.
      if (found != "ok") return damaged(path, std::string_view(found).substr(found.rfind('\n') + 1));
    }
    return version;
  } catch (const SQLite::Exception& fault) {
    return history_error(path, fault);
  }
}

void set_up(SQLite::Database& database) {
  database.exec("PRAGMA foreign_keys = ON");
  database.exec("PRAGMA trusted_schema = OFF");
}

Result<std::unique_ptr<SQLite::Database>> open_to_write(const std::string& path) {
  try {
    auto database = std::make_unique<SQLite::Database>(absolute(path), SQLite::OPEN_READWRITE, kBusyMilliseconds);
    set_up(*database);
    return database;
  } catch (const SQLite::Exception& fault) {
    return history_error(path, fault);
  }
}

// The file name as SQLite expects it in a URI.
std::string uri_of(const std::string& path) {
  std::string uri = "file:";
  for (const char c : absolute(path)) {
    uri += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return uri;
}

// For a place where nothing can be made beside the file. A history needs its log and the index of the log, which SQLite
// makes if missing. If they are missing, nobody is writing. Without a log, the file is taken as it is. With a log, the
// index is made in memory: for this SQLite must believe that it is alone.
std::unique_ptr<SQLite::Database> open_on_its_own(const std::string& path) {
  if (!has_beside(path, "-wal")) {
    return std::make_unique<SQLite::Database>(uri_of(path) + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  }
  auto database = std::make_unique<SQLite::Database>(absolute(path), SQLite::OPEN_READONLY, 0, "unix-none");
  database->exec("PRAGMA locking_mode = EXCLUSIVE");
  return database;
}

Result<std::unique_ptr<SQLite::Database>> open_to_read(const std::string& path) {
  const auto usable = [](std::unique_ptr<SQLite::Database> database) {
    set_up(*database);
    database->execAndGet("SELECT count(*) FROM sqlite_master");
    return database;
  };
  try {
    return usable(std::make_unique<SQLite::Database>(absolute(path), SQLite::OPEN_READONLY, kBusyMilliseconds));
  } catch (const SQLite::Exception& fault) {
    // The index of a log is a separate file: it cannot be made without write permission, or on a full disk.
    const int code = fault.getErrorCode();
    const bool for_want_of_an_index =
        code == SQLITE_CANTOPEN || code == SQLITE_READONLY || code == SQLITE_IOERR || code == SQLITE_FULL;
    if (!for_want_of_an_index) return history_error(path, fault);
  }
  try {
    return usable(open_on_its_own(path));
  } catch (const SQLite::Exception& fault) {
    return history_error(path, fault);
  }
}

// The copy is a temporary file of SQLite, removed with the connection. So reading changes nothing: neither on a
// read-only or full disk, nor under an older gelombang that is recording.
Result<std::unique_ptr<SQLite::Database>> copy_up_to_date(SQLite::Database& older, const std::string& path) {
  try {
    auto copy = std::make_unique<SQLite::Database>("", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup(*copy, older).executeStep();
    set_up(*copy);
    migrate(*copy);
    return copy;
  } catch (const SQLite::Exception& fault) {
    return history_error(path, fault);
  }
}

}  // namespace

Result<std::string> default_history_path() {
  const char* state = std::getenv("XDG_STATE_HOME");
  // The specification says to ignore a relative path.
  if (state != nullptr && state[0] == '/')
    return {boost::system::in_place_value, std::string(state) + "/gelombang/history.sqlite"};
  const char* home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') {
    return {boost::system::in_place_value, std::string(home) + "/.local/state/gelombang/history.sqlite"};
  }
  return Error{"no place for a history: neither XDG_STATE_HOME nor HOME is set; give one with --history FILE"};
}

Result<void> make_history_directory(const std::string& path) {
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  std::filesystem::path sofar;
  for (const std::filesystem::path& part : directory) {
    sofar /= part;
    if (::mkdir(sofar.c_str(), 0700) != 0 && errno != EEXIST) {
      struct stat facts {};
      // An existing directory is fine, even if we may not make it.
      if (const int why = errno; ::stat(sofar.c_str(), &facts) != 0) return system_error(sofar.string(), why);
    }
  }
  return {};
}

Result<std::unique_ptr<SQLite::Database>> open_history(const std::string& path) {
  const auto found = look_at(path);
  if (!found) return found.error();
  if (*found == Found::nothing) return Error{path + ": there is no history yet"};
  if (*found == Found::empty) return Error{path + " is empty: it holds no run"};
  auto database = open_to_read(path);
  if (!database) return database;
  const auto version = version_within(**database, path, false);
  if (!version) return version.error();
  if (*version == history_version()) return database;
  return copy_up_to_date(**database, path);
}

Result<std::unique_ptr<SQLite::Database>> open_history_to_write(const std::string& path) {
  const auto found = look_at(path);
  if (!found) return found.error();
  const bool is_new = *found == Found::nothing;
  if (is_new) {
    // Made here so that nobody else can read it from the first byte on. SQLite's own files beside it get the same mode.
    const Descriptor made(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (made.fd < 0) return system_error(path, errno);
  } else if (*found == Found::history) {
    const auto before = open_to_read(path);
    if (!before) return before.error();
    if (const auto version = version_within(**before, path, true); !version) return version.error();
  }
  auto database = open_to_write(path);
  if (!database) return database;
  try {
    migrate(**database);
    // On anything but a local disk the mode may stay as it is: slower, but as safe.
    (*database)->execAndGet("PRAGMA journal_mode = WAL");
    // A crash of the program loses nothing that was committed. A crash of the machine may lose the last moments.
    (*database)->exec("PRAGMA synchronous = NORMAL");
    return database;
  } catch (const SQLite::Exception& fault) {
    database->reset();
    // Later runs would refuse a half-made history as foreign, so it is removed. If the file is only locked, it belongs
    // to another run by now.
    const int code = fault.getErrorCode();
    if (is_new && (code == SQLITE_FULL || code == SQLITE_IOERR)) {
      for (const char* suffix : {"", "-journal", "-wal", "-shm"}) ::unlink((path + suffix).c_str());
    }
    return history_error(path, fault);
  }
}

Error history_error(const std::string& path, const SQLite::Exception& fault) {
  switch (fault.getErrorCode()) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return damaged(path, fault.what());
    case SQLITE_FULL: return Error{path + ": no space left on the disk"};
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Error{path + " is locked by another program"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN: return Error{path + " cannot be written or opened: " + fault.what()};
    default: return Error{path + ": " + fault.what()};
  }
}

}  // namespace gelombang
