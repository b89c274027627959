// An IMAP server that answers some commands wrongly.
#pragma once

#include "probes/mail/imap_source.hpp"

#include "tests/support/raw_server.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gelombang::test {

inline constexpr const char* kSilence = "silence";  // sends nothing and keeps the connection open
inline constexpr const char* kEnd = "end";          // closes the connection

// An IMAP server with one mail. It answers correctly except to the commands that a test sets by verb: "UID SEARCH",
// "greeting", or "INTERNALDATE" for a fetch of dates. In a set answer "{tag}" stands for the command's tag.
class OddImap {
 public:
  explicit OddImap(std::map<std::string, std::string> odd = {})
      : odd_(std::move(odd)), server_([this](RawConnection& connection) { play(connection); }) {}

  [[nodiscard]] MailboxOptions options() const {
    MailboxOptions options;
    options.url = "imap://127.0.0.1:" + std::to_string(server_.port());
    options.user = "u";
    options.password = Secret("p");
    options.answer_within = answer_within;
    return options;
  }
  // Long if an answer comes, so that a busy machine does not fail the test.
  Duration answer_within = std::chrono::minutes(1);
  [[nodiscard]] int commands() const { return commands_; }
  [[nodiscard]] int searches() const { return searches_; }
  // Sets the answer to the next command that begins with `command` ("UID SEARCH UID *"), and only to that command.
  void answer_once(std::string command, std::string answer) {
    const std::scoped_lock lock(mutex_);
    once_.emplace_back(std::move(command), std::move(answer));
  }

  // How many mails are new: UIDs from 8 on. Read on the server's threads.
  std::atomic<int> mails = 0;

 private:
  std::string answer_to(const std::string& verb, const std::string& line) {
    if (auto odd = odd_once(line)) return *odd;
    if (const auto odd = odd_.find(verb); odd != odd_.end()) return odd->second;
    if (verb == "greeting") return "* OK ready\r\n";
    if (verb == "CAPABILITY") return "* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n";
    if (verb == "LIST") return "* LIST () \"/\" INBOX\r\n{tag} OK\r\n";
    if (verb == "SELECT") return "* 1 EXISTS\r\n* OK [UIDVALIDITY 7] valid\r\n{tag} OK\r\n";
    if (verb == "UID SEARCH") return search(line);
    if (verb == "INTERNALDATE") {
      return "* 1 FETCH (UID 7 INTERNALDATE \"23-Nov-2026 21:43:36 +0000\")\r\n{tag} OK\r\n";
    }
    if (verb == "UID FETCH") return "* 1 FETCH (UID 8 BODY[]<0> {14}\r\nTo: a@t\r\n\r\nhi\n)\r\n{tag} OK\r\n";
    return "{tag} OK\r\n";
  }
  std::optional<std::string> odd_once(const std::string& line) {
    const std::scoped_lock lock(mutex_);
    const auto odd = std::find_if(once_.begin(), once_.end(), [&line](const auto& one) {
      return line.substr(std::min(line.size(), line.find(' ') + 1)).starts_with(one.first);
    });
    if (odd == once_.end()) return std::nullopt;
    std::string answer = std::move(odd->second);
    once_.erase(odd);
    return answer;
  }
  std::string search(const std::string& line) const {
    std::string list = "* SEARCH";
    const std::size_t colon = line.rfind(':');
    const unsigned long newest = 7 + static_cast<unsigned long>(mails);
    const unsigned long first = colon == std::string::npos ? newest : std::stoul(line.substr(line.rfind(' ') + 1));
    for (unsigned long uid = std::max(first, 7UL); uid <= newest; ++uid) list += " " + std::to_string(uid);
    return list + "\r\n{tag} OK\r\n";
  }
  void play(RawConnection& connection) {
    if (!say(connection, answer_to("greeting", ""), "")) return;
    for (std::string line = hear(connection); !line.empty(); line = hear(connection)) {
      ++commands_;
      const std::size_t end = line.find(' ');
      const std::string tag = line.substr(0, end);
      std::string verb = line.substr(end + 1, line.find(' ', end + 1) - end - 1);
      if (verb == "UID") verb = line.substr(end + 1, line.find(' ', end + 5) - end - 1);
      if (verb == "UID SEARCH") ++searches_;
      if (verb == "UID FETCH" && line.find("INTERNALDATE") != std::string::npos) verb = "INTERNALDATE";
      if (!say(connection, answer_to(verb, line), tag)) return;
    }
  }
  static bool say(RawConnection& connection, std::string answer, const std::string& tag) {
    if (answer == kEnd) return false;
    if (answer == kSilence) {
      connection.wait_for_close();
      return false;
    }
    for (std::size_t at = answer.find("{tag}"); at != std::string::npos; at = answer.find("{tag}")) {
      answer.replace(at, 5, tag);
    }
    const bool last = answer.ends_with(kEnd);
    if (last) answer.resize(answer.size() - std::string(kEnd).size());
    return connection.send(answer) && !last;
  }
  static std::string hear(RawConnection& connection) {
    std::string line;
    for (std::string byte = connection.read_bytes(1); !byte.empty() && byte != "\n"; byte = connection.read_bytes(1)) {
      if (byte != "\r") line += byte;
    }
    return line;
  }

  const std::map<std::string, std::string> odd_;
  std::mutex mutex_;  // protects once_
  std::vector<std::pair<std::string, std::string>> once_;
  std::atomic<int> commands_ = 0;
  std::atomic<int> searches_ = 0;
  RawServer server_;
};

}  // namespace gelombang::test
