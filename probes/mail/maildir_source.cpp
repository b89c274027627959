#include "probes/mail/maildir_source.hpp"

#include "probes/mail/folder.hpp"
#include "probes/mail/message.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <ctime>
#include <functional>
#include <map>
#include <system_error>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

// More than a million mails are too many for a Maildir. A look reads a thousand new mails; the next look goes on.
constexpr std::size_t kMostMails = 1'000'000;
constexpr std::size_t kMostPerLook = 1'000;
constexpr std::size_t kMostSpamFolders = 16;
// A mail that cannot be read after this many attempts is given up, for the sake of the others.
constexpr int kMostAttempts = 5;
// A directory whose time stamp is younger than this may get another entry without a new stamp.
constexpr std::int64_t kStampGrain = 2'000'000'000;  // nanoseconds

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

MailFault fault_from(int error, std::string_view what) {
  MailFault fault;
  if (error == EMFILE || error == ENFILE) fault.error = ErrorClass::generator_descriptors;
  if (error == ENOMEM) fault.error = ErrorClass::generator_memory;
  fault.detail = std::string(what) + ": " + std::generic_category().message(error);
  return fault;
}

std::int64_t nanoseconds(const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; }

bool is_directory(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

bool is_maildir(const std::string& path) { return is_directory(path + "/new") && is_directory(path + "/cur"); }

// Calls `entry` with each name until it returns false. Returns 0 or an errno.
int for_each_entry(const std::string& path, const std::function<bool(std::string_view)>& entry) {
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (!directory) return errno;
  for (;;) {
    errno = 0;
    const dirent* one = ::readdir(directory.get());
    if (one == nullptr) return errno;
    if (!entry(one->d_name)) return 0;
  }
}

std::size_t hash_of(std::string_view name) { return std::hash<std::string_view>()(name); }

// Reads at most kMaxMailBytes. False with error 0: no regular file, hence no mail.
bool read_mail(const std::string& path, std::string& bytes, int& error) {
  // O_NONBLOCK: a pipe in the mailbox must not block us.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) {
    error = errno;
    return false;
  }
  error = 0;
  if (!S_ISREG(status.st_mode)) return false;
  bytes.resize(std::min<std::size_t>(static_cast<std::size_t>(status.st_size), kMaxMailBytes));
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + size, bytes.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) error = errno;
    if (got <= 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes.resize(size);
  return error == 0;
}

class MaildirSource final : public MailSource {
 public:
  MaildirSource(std::string root, const Clock& clock, std::size_t max_mails)
      : root_(std::move(root)), clock_(clock), max_mails_(max_mails) {}

  std::optional<MailFault> learn_history() {
    return look_at_all([](const RawMail&) {}, true).fault;
  }
  Look look(const Deliver& deliver) override { return look_at_all(deliver, false); }
  void stop() noexcept override { stopping_ = true; }

 private:
  struct Unread {
    TimePoint seen_at{};
    int attempts = 0;
  };
  // What is known of one folder. Names are kept as hashes: 8 bytes per mail.
  struct Folder {
    MailFolder kind = MailFolder::inbox;
    std::int64_t new_stamp = -1;  // of new/ and cur/ when they were read last
    std::int64_t cur_stamp = -1;
    std::unordered_map<std::size_t, bool> known;     // by name without flags; the value: still there at this look
    std::unordered_map<std::size_t, Unread> unread;  // seen, but not read yet
  };
  // Mails of a folder that were not known before.
  struct Fresh {
    struct Mail {
      std::size_t name;  // the hash, as in `known`
      std::string path;
    };
    std::vector<Mail> mails;             // to be read by this look
    std::vector<std::size_t> left_over;  // by a later look
  };

  Look look_at_all(const Deliver& deliver, bool history);
  Look look_at(const std::string& path, Folder& folder, const Deliver& deliver, bool history);
  std::optional<MailFault> list(const std::string& path, Folder& folder, bool history, Fresh& fresh);
  void read(Folder& folder, const Fresh& fresh, const Deliver& deliver, std::optional<MailFault>& fault);

  std::string root_;
  const Clock& clock_;
  const std::size_t max_mails_;
  std::map<std::string, Folder> folders_;  // by path
  std::atomic<bool> stopping_ = false;
};

Look MaildirSource::look_at_all(const Deliver& deliver, bool history) {
  std::vector<std::string> spam;
  const int error = for_each_entry(root_, [&](std::string_view name) {
    const std::string path = root_ + "/" + std::string(name);
    if (is_spam_folder_name(name, '.') && is_maildir(path)) spam.push_back(path);
    return !stopping_ && spam.size() < kMostSpamFolders;
  });
  if (error != 0) return {fault_from(error, "the Maildir cannot be read")};
  Look all;
  folders_[root_].kind = MailFolder::inbox;
  for (const std::string& path : spam) folders_[path].kind = MailFolder::spam;
  for (auto folder = folders_.begin(); folder != folders_.end();) {
    if (folder->first != root_ && !is_maildir(folder->first)) {
      folder = folders_.erase(folder);
      continue;
    }
    if (stopping_) return {MailFault{ErrorClass::mailbox_unreachable, "stopped"}};
    Look one = look_at(folder->first, folder->second, deliver, history);
    if (one.fault) return one;
    all.whole = all.whole && one.whole;
    ++folder;
  }
  return all;
}

std::optional<MailFault> MaildirSource::list(const std::string& path, Folder& folder, bool history, Fresh& fresh) {
  for (auto& [name, present] : folder.known) present = false;
  std::size_t present = 0;
  // new/ before cur/: a mail that a reader moves meanwhile is seen in at least one of them.
  for (const char* part : {"/new", "/cur"}) {
    const std::string directory = path + part;
    const int error = for_each_entry(directory, [&](std::string_view entry) {
      if (entry.starts_with('.')) return !stopping_;
      if (++present > max_mails_) return false;
      const std::string_view name = entry.substr(0, entry.find(':'));
      if (const auto known = folder.known.find(hash_of(name)); known != folder.known.end()) {
        known->second = true;
        return !stopping_;
      }
      if (!history && fresh.mails.size() >= kMostPerLook) {
        fresh.left_over.push_back(hash_of(name));
        return !stopping_;
      }
      folder.known.emplace(hash_of(name), true);
      if (!history) fresh.mails.push_back({hash_of(name), directory + "/" + std::string(entry)});
      return !stopping_;
    });
    if (error != 0) return fault_from(error, "the Maildir cannot be read");
    if (stopping_) return MailFault{ErrorClass::mailbox_unreachable, "stopped"};
    if (present > max_mails_) {
      return MailFault{ErrorClass::mailbox_limit, "the Maildir holds more than " + std::to_string(max_mails_) +
                                                      " mails: use a Maildir with fewer mails"};
    }
  }
  std::erase_if(folder.known, [](const auto& known) { return !known.second; });
  return std::nullopt;
}

Look MaildirSource::look_at(const std::string& path, Folder& folder, const Deliver& deliver, bool history) {
  struct stat fresh_dir {};
  struct stat read_dir {};
  if (::stat((path + "/new").c_str(), &fresh_dir) != 0 || ::stat((path + "/cur").c_str(), &read_dir) != 0) {
    return {fault_from(errno, "the Maildir cannot be read")};
  }
  const std::int64_t new_stamp = nanoseconds(fresh_dir.st_mtim);
  const std::int64_t cur_stamp = nanoseconds(read_dir.st_mtim);
  if (new_stamp == folder.new_stamp && cur_stamp == folder.cur_stamp) return {};

  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);  // the file system's clock, not ours
  Fresh fresh;
  if (auto fault = list(path, folder, history, fresh)) {
    for (const auto& [name, file] : fresh.mails) folder.known.erase(name);
    return {std::move(fault)};
  }
  Look look;
  read(folder, fresh, deliver, look.fault);
  look.whole = fresh.left_over.empty();
  const auto is_settled = [&](std::int64_t stamp) { return nanoseconds(now) - stamp > kStampGrain; };
  const bool skip_next = folder.unread.empty() && is_settled(new_stamp) && is_settled(cur_stamp);
  folder.new_stamp = skip_next ? new_stamp : -1;
  folder.cur_stamp = skip_next ? cur_stamp : -1;
  return look;
}

void MaildirSource::read(Folder& folder, const Fresh& fresh, const Deliver& deliver, std::optional<MailFault>& fault) {
  const TimePoint seen_at = clock_.now();
  std::unordered_map<std::size_t, Unread> unread;
  const auto known_as = [&](std::size_t name) {
    const auto before = folder.unread.find(name);
    return before == folder.unread.end() ? Unread{seen_at} : before->second;
  };
  for (const std::size_t name : fresh.left_over) unread.emplace(name, known_as(name));
  std::string bytes;
  for (const auto& [name, file] : fresh.mails) {
    Unread mail = known_as(name);
    int error = 0;
    if (!stopping_ && read_mail(file, bytes, error)) {
      deliver(RawMail{folder.kind, mail.seen_at, bytes});
    } else if (stopping_ || error != 0) {
      // ENOENT: moved to cur/ by a reader. All other errors mean that the mailbox cannot be read as it should.
      if (error != 0 && error != ENOENT) {
        fault = fault_from(error, "a mail cannot be read");
        if (++mail.attempts >= kMostAttempts) {
          deliver(RawMail{folder.kind, mail.seen_at, {}, fault->error});
          continue;
        }
      }
      folder.known.erase(name);
      unread.emplace(name, mail);
    }
  }
  folder.unread = std::move(unread);
}

}  // namespace

Result<std::unique_ptr<MailSource>> open_maildir(std::string directory, const Clock& clock) {
  return open_maildir(std::move(directory), clock, kMostMails);
}

Result<std::unique_ptr<MailSource>> open_maildir(std::string directory, const Clock& clock, std::size_t max_mails) {
  while (directory.size() > 1 && directory.back() == '/') directory.pop_back();
  if (directory.empty()) return Error{"the mailbox maildir: names no directory"};
  if (!is_directory(directory)) return Error{"the mailbox " + directory + " is no directory"};
  if (!is_maildir(directory)) return Error{"the mailbox " + directory + " is no Maildir: it has no new/ and cur/"};
  auto source = std::make_unique<MaildirSource>(std::move(directory), clock, max_mails);
  if (const auto fault = source->learn_history()) return Error{fault->detail};
  return std::unique_ptr<MailSource>(std::move(source));
}

}  // namespace gelombang
