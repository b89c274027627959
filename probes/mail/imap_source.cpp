#include "probes/mail/imap_source.hpp"

#include "base/log.hpp"
#include "probes/mail/imap_response.hpp"
#include "probes/mail/imap_session.hpp"
#include "probes/mail/known_folder.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

using Answer = ImapSession::Answer;
using Status = ImapSession::Status;
using Dates = KnownFolder::Dates;
using NewMail = KnownFolder::NewMail;

// UIDs asked for in one SEARCH: the response is one line, of which libcurl 8 takes 64 KB. If few of them are in use,
// the next SEARCH asks for more.
constexpr std::uint32_t kSearchWindow = 5'000;
constexpr std::size_t kFewInWindow = 500;
constexpr int kMaxLongAnswers = 40;
// Mails whose dates are asked for at once, one line per mail: see Answer::many_lines.
constexpr std::size_t kDateWindow = 250;
// Of a long history, only the dates of this many newest mails are learned; older mails are history.
constexpr std::size_t kMaxHistory = 20'000;
constexpr Duration kListAgainAfter = std::chrono::seconds(30);
constexpr int kMaxAttempts = 5;
// Limits of one look. A million mails need some 4,300 commands when all are listed with their dates.
constexpr std::size_t kMaxMails = 1'000'000;
constexpr int kMaxCommands = 6'000;
// Limits of what one look reads; the next look goes on.
constexpr int kMaxMailsPerLook = 1'000;
constexpr std::size_t kMaxBytesPerLook = std::size_t{64} << 20;
// While this many listed mails wait to be read, no others are listed.
constexpr std::size_t kMaxUnread = 10'000;
static_assert(kMaxUnread > kMaxMailsPerLook, "a look that does not list leaves something to read, so it is not whole");
// Limit of spam folders that were ever seen, because what is known of each is kept.
constexpr std::size_t kMaxFolders = 64;

class ImapSource final : public MailSource {
 public:
  ImapSource(std::unique_ptr<ImapSession> session, const Clock& clock, Duration first_look_within)
      : session_(std::move(session)),
        clock_(clock),
        look_until_(clock.now() + first_look_within),
        opened_(std::chrono::floor<std::chrono::seconds>(clock.wall_now())) {}

  Look look(const Deliver& deliver) override;
  void stop() noexcept override { session_->stop(); }

 private:
  std::optional<MailFault> look_once(const Deliver& deliver);
  std::optional<MailFault> greet();
  std::optional<MailFault> list_folders();
  std::optional<MailFault> list_mails(const std::string& name, KnownFolder& folder);
  std::optional<MailFault> learn_history(const std::string& name, KnownFolder& folder,
                                         const std::vector<std::uint32_t>& uids, TimePoint seen_at);
  std::optional<MailFault> list_again(const std::string& name, KnownFolder& folder, std::vector<std::uint32_t>& uids,
                                      TimePoint seen_at);
  std::optional<MailFault> uids_between(const std::string& name, std::uint32_t after, std::uint32_t newest,
                                        std::vector<std::uint32_t>& uids);
  std::optional<MailFault> dates_of(const std::string& name, std::vector<std::uint32_t>& uids, Dates& dates);
  std::optional<MailFault> drop_deleted(const std::string& name, std::vector<std::uint32_t>& uids, const Dates& dates);
  std::optional<MailFault> search(const std::string& name, const std::string& what, std::vector<std::uint32_t>& uids);
  std::optional<MailFault> why_missing(const std::string& name, std::uint32_t uid);
  std::optional<MailFault> read_mails(const std::string& name, KnownFolder& folder, const Deliver& deliver);
  std::optional<MailFault> refused(const std::string& name);
  Status run(const std::string& name, const std::string& text, Answer answer);
  [[nodiscard]] static MailFault unexpected(std::string detail) {
    return {ErrorClass::mailbox_protocol, std::move(detail)};
  }
  [[nodiscard]] static MailFault too_much(std::string detail) { return {ErrorClass::mailbox_limit, std::move(detail)}; }
  // Why a command was broken.
  [[nodiscard]] MailFault why_broken() const {
    if (clock_.now() >= look_until_) return {ErrorClass::mailbox_unreachable, "the first poll takes too long"};
    return commands_left_ > 0 ? session_->fault() : too_much("the first poll needs more commands than the limit");
  }

  std::unique_ptr<ImapSession> session_;
  const Clock& clock_;
  TimePoint look_until_;  // of the first look; later looks have no limit
  const std::chrono::sys_seconds opened_;
  std::map<std::string, KnownFolder> folders_;  // by the server's name
  TimePoint listed_at_ = TimePoint::min();
  bool lists_flagged_ = true;
  bool first_look_ = true;      // none was tried yet
  bool knows_history_ = false;  // all mails in folders found from now on are new
  std::string response_;
  std::string bytes_;
  // What is left of this look.
  int commands_left_ = 0;
  int mails_left_ = 0;
  std::size_t bytes_left_ = 0;
};

Look ImapSource::look(const Deliver& deliver) {
  commands_left_ = kMaxCommands;
  mails_left_ = kMaxMailsPerLook;
  bytes_left_ = kMaxBytesPerLook;
  auto fault = look_once(deliver);
  // Servers close idle connections, and connections whose folder was deleted. That is no fault if they accept a new
  // one.
  if (fault && session_->was_dropped()) fault = look_once(deliver);
  first_look_ = false;
  look_until_ = TimePoint::max();
  const bool whole = fault || std::all_of(folders_.begin(), folders_.end(), [](const auto& one) {
                       return !one.second.active || one.second.new_mails.empty();
                     });
  return {std::move(fault), whole};
}

// Runs a command if this look has commands and time left; `response_` gets the response.
Status ImapSource::run(const std::string& name, const std::string& text, Answer answer) {
  if (commands_left_ <= 0 || clock_.now() >= look_until_) return Status::broken;
  --commands_left_;
  session_->allow(look_until_ - clock_.now());
  return session_->command(name, text, answer, response_);
}

std::optional<MailFault> ImapSource::look_once(const Deliver& deliver) {
  auto fault = greet();
  for (auto& [name, folder] : folders_) {
    if (fault) break;
    if (!folder.active) continue;
    if (folder.new_mails.size() < kMaxUnread) fault = list_mails(name, folder);
    if (!fault && folder.active) fault = read_mails(name, folder, deliver);
  }
  if (!fault) knows_history_ = true;
  return fault;
}

// A command that selects no mailbox comes first: it shows whether the login is good, and lets the server report new
// mail if one folder stays selected.
std::optional<MailFault> ImapSource::greet() {
  const bool has_spam = std::any_of(folders_.begin(), folders_.end(), [](const auto& one) {
    return one.second.active && one.second.kind == MailFolder::spam;
  });
  const bool list = listed_at_ == TimePoint::min() || (!has_spam && clock_.now() - listed_at_ >= kListAgainAfter);
  if (list) return list_folders();
  switch (run({}, "NOOP", Answer::one_line)) {
    case Status::done: break;
    case Status::absent:
    case Status::refused: return unexpected("NOOP is refused");
    case Status::broken: return why_broken();
  }
  return session_->connected_anew() ? list_folders() : std::nullopt;
}

std::optional<MailFault> ImapSource::list_folders() {
  std::vector<ImapFolder> found;
  const auto list = [&](const std::string& command) {
    const Status status = run({}, command, Answer::many_lines);
    found.clear();
    for_each_line(response_, [&](std::string_view line) {
      if (auto folder = parse_list_line(line)) found.push_back(std::move(*folder));
    });
    return status;
  };
  // Asks for the flagged folders first (RFC 6154): accounts may hold more folders than libcurl takes lines.
  Status status = lists_flagged_ ? list(R"(LIST (SPECIAL-USE) "" "*")") : Status::refused;
  if (status == Status::refused) lists_flagged_ = false;
  const bool flagged = std::any_of(found.begin(), found.end(), [](const ImapFolder& folder) {
    return std::find(folder.flags.begin(), folder.flags.end(), "\\junk") != folder.flags.end();
  });
  if (status != Status::broken && !flagged) status = list(R"(LIST "" "*")");
  if (status == Status::broken) return why_broken();
  if (status == Status::refused) return unexpected("LIST is refused");
  for (auto& [name, folder] : folders_) folder.active = false;
  folders_["INBOX"].active = true;
  for (const std::string& name : spam_folders_of(found)) {
    if (name == "INBOX") continue;
    if (folders_.size() >= kMaxFolders && !folders_.contains(name))
      return too_much("the spam folders keep changing: more than 64 seen");
    folders_[name].kind = MailFolder::spam;
    folders_[name].active = true;
  }
  listed_at_ = clock_.now();
  return std::nullopt;
}

// A folder cannot be selected or searched. A spam folder may have been deleted. A spam folder that is still there may
// hold mail, which a briefly busy server must not hide.
std::optional<MailFault> ImapSource::refused(const std::string& name) {
  if (name == "INBOX") return unexpected("INBOX cannot be searched");
  if (session_->says_nonexistent()) {
    folders_[name].active = false;
    listed_at_ = TimePoint::min();
    return std::nullopt;
  }
  if (auto fault = list_folders()) return fault;
  if (folders_[name].active) return unexpected("a spam folder cannot be searched");
  return std::nullopt;
}

std::optional<MailFault> ImapSource::search(const std::string& name, const std::string& what,
                                            std::vector<std::uint32_t>& uids) {
  switch (run(name, "UID SEARCH UID " + what, Answer::one_line)) {
    case Status::done: break;
    case Status::absent:
    case Status::refused: return refused(name);
    case Status::broken: return why_broken();
  }
  bool answered = false;
  bool bad = false;
  for_each_line(response_, [&](std::string_view line) {
    const SearchLine kind = parse_search_line(line, uids);
    answered = answered || kind == SearchLine::good;
    bad = bad || kind == SearchLine::bad;
  });
  if (bad) return unexpected("its answer to SEARCH is no list of numbers");
  if (!answered) return unexpected("SEARCH is not answered");
  return std::nullopt;
}

// The UIDs in (after, newest], in order.
std::optional<MailFault> ImapSource::uids_between(const std::string& name, std::uint32_t after, std::uint32_t newest,
                                                  std::vector<std::uint32_t>& uids) {
  std::uint32_t window = kSearchWindow;
  int too_long = 0;
  for (std::uint32_t begin = after; begin < newest && folders_[name].active;) {
    const std::uint32_t end = begin + std::min(window, newest - begin);
    const std::size_t before = uids.size();
    if (auto fault = search(name, std::to_string(begin + 1) + ":" + std::to_string(end), uids)) {
      // Many mails after a long gap make the response too long.
      const bool again = fault->error == ErrorClass::mailbox_limit && window > kSearchWindow;
      if (!again || ++too_long > kMaxLongAnswers) return fault;
      window = kSearchWindow;
      continue;
    }
    if (uids.size() > kMaxMails) return too_much("more than a million mails");
    begin = end;
    const bool few = uids.size() - before < kFewInWindow;
    window = few ? std::max(window, std::min<std::uint32_t>(window * 2, 1U << 31U)) : kSearchWindow;
  }
  // A server may list other UIDs, too.
  std::erase_if(uids, [=](std::uint32_t uid) { return uid <= after || uid > newest; });
  std::sort(uids.begin(), uids.end());
  uids.erase(std::unique(uids.begin(), uids.end()), uids.end());
  return std::nullopt;
}

// The dates of all `uids`. UIDs of mails that were deleted meanwhile are removed.
std::optional<MailFault> ImapSource::dates_of(const std::string& name, std::vector<std::uint32_t>& uids, Dates& dates) {
  for (std::size_t i = 0; i < uids.size() && folders_[name].active; i += kDateWindow) {
    const std::uint32_t last = uids[std::min(i + kDateWindow, uids.size()) - 1];
    const std::string range = std::to_string(uids[i]) + ":" + std::to_string(last);
    switch (run(name, "UID FETCH " + range + " (UID INTERNALDATE)", Answer::many_lines)) {
      case Status::done: break;
      case Status::absent:
      case Status::refused: return refused(name);
      case Status::broken: return why_broken();
    }
    for_each_line(response_, [&](std::string_view line) {
      const auto date = parse_date_line(line);
      if (date && std::binary_search(uids.begin(), uids.end(), date->uid)) dates[date->uid] = date->arrived;
    });
  }
  return folders_[name].active ? drop_deleted(name, uids, dates) : std::nullopt;
}

// A mail without a date may be history or new. As history, it would count as a mail that the portal lost. As a new
// mail, it could be given to a user who waits for another mail.
std::optional<MailFault> ImapSource::drop_deleted(const std::string& name, std::vector<std::uint32_t>& uids,
                                                  const Dates& dates) {
  const auto dateless = [&dates](std::uint32_t uid) { return !dates.contains(uid); };
  auto first = std::find_if(uids.begin(), uids.end(), dateless);
  while (first != uids.end() && folders_[name].active) {
    const auto end = std::upper_bound(first, uids.end(), *first + std::min(kSearchWindow, UINT32_MAX - *first));
    const auto last = std::find_if(std::reverse_iterator(end), std::reverse_iterator(first), dateless);
    std::vector<std::uint32_t> present;
    if (auto fault = search(name, std::to_string(*first) + ":" + std::to_string(*last), present)) return fault;
    const bool is_there = std::any_of(present.begin(), present.end(), [&](std::uint32_t uid) {
      return dateless(uid) && std::binary_search(uids.begin(), uids.end(), uid);
    });
    if (is_there) return unexpected("it does not report when a mail arrived");
    first = std::find_if(end, uids.end(), dateless);
  }
  std::erase_if(uids, dateless);
  return std::nullopt;
}

std::optional<MailFault> ImapSource::list_mails(const std::string& name, KnownFolder& folder) {
  std::vector<std::uint32_t> uids;
  if (auto fault = search(name, "*", uids)) return fault;
  if (!folder.active) return std::nullopt;
  const std::uint32_t newest = uids.empty() ? 0 : *std::max_element(uids.begin(), uids.end());
  // The server tells UIDVALIDITY only when a folder is selected; while the folder stays selected, it cannot change.
  if (const auto validity = session_->uid_validity(); validity && validity != folder.uid_validity) {
    folder.stale = folder.history_known;
    folder.uid_validity = validity;
  }
  if (!folder.uid_validity) return unexpected("the server does not report UIDVALIDITY");
  if (knows_history_) folder.history_known = true;  // the folder appeared later: it has no history
  const std::uint32_t after = folder.stale || !folder.history_known ? 0 : folder.last_uid;
  uids.clear();
  if (auto fault = uids_between(name, after, newest, uids)) return fault;
  const TimePoint seen_at = clock_.now();
  if (!folder.active) return std::nullopt;
  if (folder.stale) return list_again(name, folder, uids, seen_at);
  if (!folder.history_known) return learn_history(name, folder, uids, seen_at);
  folder.list(uids, seen_at);
  return std::nullopt;
}

std::optional<MailFault> ImapSource::learn_history(const std::string& name, KnownFolder& folder,
                                                   const std::vector<std::uint32_t>& uids, TimePoint seen_at) {
  const std::size_t skipped = uids.size() - std::min(uids.size(), kMaxHistory);
  std::vector<std::uint32_t> newest(uids.begin() + static_cast<std::ptrdiff_t>(skipped), uids.end());
  Dates dates;
  auto fault = dates_of(name, newest, dates);
  if (fault || !folder.active) return fault;
  // If the first look failed, mail may have come since; only the server's clock can tell.
  const std::int64_t new_since =
      first_look_ ? std::numeric_limits<std::int64_t>::max() : std::int64_t{opened_.time_since_epoch().count()};
  folder.learn_history(newest, dates, skipped == 0, new_since, seen_at);
  if (!uids.empty()) folder.last_uid = uids.back();
  return std::nullopt;
}

// The UIDs that we knew are no longer valid.
std::optional<MailFault> ImapSource::list_again(const std::string& name, KnownFolder& folder,
                                                std::vector<std::uint32_t>& uids, TimePoint seen_at) {
  Dates dates;
  auto fault = dates_of(name, uids, dates);
  if (fault || !folder.active) return fault;
  folder.list_again(uids, dates, seen_at);
  return std::nullopt;
}

// Called when a mail did not come although the server said OK. That is no fault if another client has deleted the mail
// meanwhile. It is a fault if the server still lists the mail.
std::optional<MailFault> ImapSource::why_missing(const std::string& name, std::uint32_t uid) {
  std::vector<std::uint32_t> present;
  if (auto fault = search(name, std::to_string(uid), present)) return fault;
  if (std::find(present.begin(), present.end(), uid) == present.end()) return std::nullopt;
  return unexpected("it lists a mail but does not send it");
}

std::optional<MailFault> ImapSource::read_mails(const std::string& name, KnownFolder& folder, const Deliver& deliver) {
  while (!folder.new_mails.empty() && mails_left_ > 0 && bytes_left_ > 0) {
    NewMail& mail = folder.new_mails.front();
    ++mail.attempts;
    --mails_left_;
    const Status status = session_->fetch(name, *folder.uid_validity, mail.uid, bytes_);
    bytes_left_ -= std::min(bytes_left_, bytes_.size());
    const auto validity = session_->uid_validity();
    if (validity && *validity != *folder.uid_validity) {
      folder.new_mails.clear();  // these UIDs are no longer valid: the folder is listed again
      return unexpected("UIDVALIDITY changed during a poll");
    }
    if (status == Status::done && folder.hand_over(mail, bytes_)) deliver({folder.kind, mail.seen_at, bytes_});
    std::optional<MailFault> fault;
    if (status == Status::refused || status == Status::broken) {
      fault = session_->fault();
    } else if (status == Status::absent) {
      fault = why_missing(name, mail.uid);
    }
    if (fault && mail.attempts < kMaxAttempts) {
      // A mail that another client deleted a moment ago is refused, or comes as NIL, which libcurl takes for an invalid
      // response. On a new connection it is absent.
      if (mail.attempts == 1 && fault->error == ErrorClass::mailbox_protocol) continue;
      return fault;
    }
    // Absent: another client deleted the mail meanwhile. Failed several times: skipped, so that the others are read.
    const TimePoint seen_at = mail.seen_at;
    folder.new_mails.pop_front();
    if (fault) {
      deliver(RawMail{folder.kind, seen_at, {}, fault->error});
      spdlog::warn("mailbox: a mail cannot be read and is skipped");
      return fault;
    }
  }
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<MailSource>> open_imap(const MailboxOptions& options, const Clock& clock) {
  auto session = ImapSession::make(options);
  if (!session) return std::move(session).error();
  return std::unique_ptr<MailSource>(
      std::make_unique<ImapSource>(std::move(*session), clock, options.first_look_within));
}

}  // namespace gelombang
