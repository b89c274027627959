#include "probes/imap_source.hpp"

#include "base/log.hpp"
#include "probes/imap_response.hpp"
#include "probes/imap_session.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

using Status = ImapSession::Status;

// UIDs asked for in one SEARCH: its answer is one line, which must fit into libcurl's buffer.
constexpr std::uint32_t kSearchWindow = 20'000;
constexpr Duration kListAgainAfter = std::chrono::seconds(30);
constexpr int kMaxAttempts = 5;
constexpr std::size_t kMaxRemembered = 200'000;

// How often each value occurs.
template <class Key>
class Multiset {
 public:
  void add(Key key) { ++counts_[key]; }
  bool take(Key key) {
    const auto found = counts_.find(key);
    if (found == counts_.end()) return false;
    if (--found->second == 0) counts_.erase(found);
    return true;
  }
  [[nodiscard]] std::size_t size() const { return counts_.size(); }

 private:
  std::unordered_map<Key, std::uint32_t> counts_;
};

struct NewMail {
  std::uint32_t uid = 0;
  TimePoint seen_at{};
  bool rescanned = false;
  int attempts = 0;
};

struct Folder {
  MailFolder kind = MailFolder::inbox;
  std::optional<std::uint32_t> uid_validity;
  std::uint32_t last_uid = 0;         // listed up to here
  std::deque<NewMail> new_mails;      // listed, not read yet
  Multiset<std::int64_t> history;     // arrival dates of what was there before us
  Multiset<std::size_t> handed_over;  // hashes of mails
  std::deque<std::size_t> handed_over_order;
  Multiset<std::size_t> rescan;  // what of handed_over was not met again yet
  bool stale = false;            // UIDVALIDITY changed, and the folder was not read again yet
  bool active = false;           // in the account at the moment
};

class ImapSource final : public MailSource {
 public:
  ImapSource(std::unique_ptr<ImapSession> session, const Clock& clock)
      : session_(std::move(session)),
        clock_(clock),
        opened_(std::chrono::floor<std::chrono::seconds>(clock.wall_now())) {}

  std::optional<MailFault> look(const Deliver& deliver) override;
  void stop() noexcept override { session_->stop(); }

 private:
  std::optional<MailFault> greet();
  std::optional<MailFault> list_folders();
  std::optional<MailFault> list_mails(const std::string& name, Folder& folder);
  std::optional<MailFault> learn_history(const std::string& name, Folder& folder);
  std::optional<MailFault> list_again(const std::string& name, Folder& folder);
  std::optional<MailFault> dates(const std::string& name, std::vector<ImapDate>& mails);
  std::optional<MailFault> search(const std::string& name, const std::string& what, std::vector<std::uint32_t>& uids);
  std::optional<MailFault> read_mails(const std::string& name, Folder& folder, const Deliver& deliver);
  void hand_over(Folder& folder, const NewMail& mail, const Deliver& deliver);
  std::optional<MailFault> refused(const std::string& name);
  [[nodiscard]] MailFault unexpected(std::string detail) const {
    return {ErrorClass::mailbox_protocol, std::move(detail)};
  }

  std::unique_ptr<ImapSession> session_;
  const Clock& clock_;
  const std::chrono::sys_seconds opened_;
  std::map<std::string, Folder> folders_;  // by the server's name
  TimePoint listed_at_ = TimePoint::min();
  bool extended_list_ = true;
  bool first_look_ = true;      // none was tried yet
  bool knows_history_ = false;  // folders found from now on are new with all that is in them
  std::string response_;
  std::string bytes_;
};

std::optional<MailFault> ImapSource::look(const Deliver& deliver) {
  auto fault = greet();
  for (auto& [name, folder] : folders_) {
    if (fault) break;
    if (!folder.active) continue;
    fault = list_mails(name, folder);
    if (!fault && folder.active) fault = read_mails(name, folder, deliver);
  }
  if (!fault) knows_history_ = true;
  first_look_ = false;
  return fault;
}

// A command that selects no mailbox comes first: it shows whether the login is good, and lets the server
// tell of new mail where one folder stays selected.
std::optional<MailFault> ImapSource::greet() {
  const bool has_spam = std::any_of(folders_.begin(), folders_.end(), [](const auto& one) {
    return one.second.active && one.second.kind == MailFolder::spam;
  });
  const bool list = listed_at_ == TimePoint::min() || (!has_spam && clock_.now() - listed_at_ >= kListAgainAfter);
  if (list) return list_folders();
  switch (session_->command({}, "NOOP", response_)) {
    case Status::done: break;
    case Status::refused: return unexpected("NOOP is refused");
    case Status::broken: return session_->fault();
  }
  return session_->connected_anew() ? list_folders() : std::nullopt;
}

std::optional<MailFault> ImapSource::list_folders() {
  Status status = Status::refused;
  if (extended_list_) status = session_->command({}, R"(LIST "" "*" RETURN (SPECIAL-USE))", response_);
  if (status == Status::refused) {
    extended_list_ = false;  // a server without RFC 5258
    status = session_->command({}, R"(LIST "" "*")", response_);
  }
  if (status == Status::broken) return session_->fault();
  if (status == Status::refused) return unexpected("LIST is refused");
  std::vector<ImapFolder> found;
  for_each_line(response_, [&](std::string_view line) {
    if (auto folder = parse_list_line(line)) found.push_back(std::move(*folder));
  });
  for (auto& [name, folder] : folders_) folder.active = false;
  folders_["INBOX"].active = true;
  for (const std::string& name : spam_folders_of(found)) {
    if (name == "INBOX") continue;
    folders_[name].kind = MailFolder::spam;
    folders_[name].active = true;
  }
  listed_at_ = clock_.now();
  return std::nullopt;
}

// A folder that cannot be selected: a spam folder may have been deleted, the inbox must be there.
std::optional<MailFault> ImapSource::refused(const std::string& name) {
  if (name == "INBOX") return unexpected("INBOX cannot be searched");
  folders_[name].active = false;
  listed_at_ = TimePoint::min();
  return std::nullopt;
}

std::optional<MailFault> ImapSource::search(const std::string& name, const std::string& what,
                                            std::vector<std::uint32_t>& uids) {
  switch (session_->command(name, "UID SEARCH UID " + what, response_)) {
    case Status::done: break;
    case Status::refused: return refused(name);
    case Status::broken: return session_->fault();
  }
  for_each_line(response_, [&](std::string_view line) { parse_search_line(line, uids); });
  return std::nullopt;
}

std::optional<MailFault> ImapSource::dates(const std::string& name, std::vector<ImapDate>& mails) {
  switch (session_->command(name, "UID FETCH 1:* (UID INTERNALDATE)", response_)) {
    case Status::done: break;
    case Status::refused: return refused(name);
    case Status::broken: return session_->fault();
  }
  for_each_line(response_, [&](std::string_view line) {
    if (const auto date = parse_date_line(line)) mails.push_back(*date);
  });
  return std::nullopt;
}

std::optional<MailFault> ImapSource::list_mails(const std::string& name, Folder& folder) {
  std::vector<std::uint32_t> uids;
  if (auto fault = search(name, "*", uids)) return fault;
  if (!folder.active) return std::nullopt;
  // Told only where the folder had to be selected; while it stays selected it cannot change.
  const auto validity = session_->uid_validity();
  if (!folder.uid_validity) {
    if (!validity) return unexpected("the server does not tell UIDVALIDITY");
    folder.uid_validity = validity;
    if (!knows_history_) return learn_history(name, folder);
  } else if (validity && *validity != *folder.uid_validity) {
    folder.uid_validity = validity;
    folder.stale = true;
  }
  if (folder.stale) return list_again(name, folder);
  const std::uint32_t newest = uids.empty() ? 0 : *std::max_element(uids.begin(), uids.end());
  while (folder.last_uid < newest) {
    const std::uint32_t end = newest - folder.last_uid > kSearchWindow ? folder.last_uid + kSearchWindow : newest;
    uids.clear();
    if (auto fault = search(name, std::to_string(folder.last_uid + 1) + ":" + std::to_string(end), uids)) return fault;
    if (!folder.active) return std::nullopt;
    const TimePoint seen_at = clock_.now();
    std::sort(uids.begin(), uids.end());
    for (const std::uint32_t uid : uids) {
      if (uid > folder.last_uid && uid <= end) folder.new_mails.push_back({uid, seen_at});
    }
    folder.last_uid = end;
  }
  return std::nullopt;
}

std::optional<MailFault> ImapSource::learn_history(const std::string& name, Folder& folder) {
  std::vector<ImapDate> mails;
  auto fault = dates(name, mails);
  if (fault) folder.uid_validity.reset();
  if (fault || !folder.active) return fault;
  const TimePoint seen_at = clock_.now();
  for (const ImapDate& mail : mails) {
    folder.last_uid = std::max(folder.last_uid, mail.uid);
    // Where the first look failed, mail has come since; the server's clock is all there is to tell.
    const bool came_since = !first_look_ && mail.arrived >= opened_.time_since_epoch().count();
    if (came_since) {
      folder.new_mails.push_back({mail.uid, seen_at});
    } else {
      folder.history.add(mail.arrived);
    }
  }
  return std::nullopt;
}

// The UIDs that we knew mean nothing any more.
std::optional<MailFault> ImapSource::list_again(const std::string& name, Folder& folder) {
  folder.new_mails.clear();
  folder.last_uid = 0;
  folder.rescan = folder.handed_over;
  std::vector<ImapDate> mails;
  auto fault = dates(name, mails);
  if (fault || !folder.active) return fault;
  folder.stale = false;
  const TimePoint seen_at = clock_.now();
  Multiset<std::int64_t> history = folder.history;
  for (const ImapDate& mail : mails) {
    folder.last_uid = std::max(folder.last_uid, mail.uid);
    if (!history.take(mail.arrived)) folder.new_mails.push_back({mail.uid, seen_at, true});
  }
  return std::nullopt;
}

std::optional<MailFault> ImapSource::read_mails(const std::string& name, Folder& folder, const Deliver& deliver) {
  while (!folder.new_mails.empty()) {
    NewMail& mail = folder.new_mails.front();
    ++mail.attempts;
    const Status status = session_->fetch(name, *folder.uid_validity, mail.uid, bytes_);
    const auto validity = session_->uid_validity();
    if (validity && *validity != *folder.uid_validity) return unexpected("UIDVALIDITY changed during a look");
    if (status == Status::done) hand_over(folder, mail, deliver);
    if (status == Status::broken && mail.attempts < kMaxAttempts) return session_->fault();
    // Refused: another client deleted it meanwhile. Broken again and again: skipped, for the sake of the others.
    folder.new_mails.pop_front();
    if (status == Status::broken) {
      spdlog::warn("mailbox: a mail cannot be read and is skipped");
      return session_->fault();
    }
  }
  return std::nullopt;
}

void ImapSource::hand_over(Folder& folder, const NewMail& mail, const Deliver& deliver) {
  const std::size_t hash = std::hash<std::string>()(bytes_);
  if (mail.rescanned && folder.rescan.take(hash)) return;
  folder.handed_over.add(hash);
  folder.handed_over_order.push_back(hash);
  if (folder.handed_over_order.size() > kMaxRemembered) {
    folder.handed_over.take(folder.handed_over_order.front());
    folder.handed_over_order.pop_front();
  }
  deliver(RawMail{folder.kind, mail.seen_at, bytes_});
}

}  // namespace

Result<std::unique_ptr<MailSource>> open_imap(const MailboxOptions& options, const Clock& clock) {
  auto session = ImapSession::make(options);
  if (!session) return std::move(session).error();
  return std::unique_ptr<MailSource>(std::make_unique<ImapSource>(std::move(session).value(), clock));
}

}  // namespace gelombang
