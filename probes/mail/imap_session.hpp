// One kept-alive IMAP connection, driven by libcurl's easy interface. Knows commands and curl codes;
// what they mean for the mail is the business of probes/mail/imap_source.hpp.
//
// Bodies are fetched by ";UID=n" URLs, because libcurl drops the literals of custom commands.
#pragma once

#include "base/result.hpp"
#include "probes/mail/options.hpp"
#include "probes/mail/source.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

class ImapSession {
 public:
  // Checks the options: scheme, no userinfo, no path, an account.
  static Result<std::unique_ptr<ImapSession>> make(const MailboxOptions& options);
  ~ImapSession();
  ImapSession(const ImapSession&) = delete;
  ImapSession& operator=(const ImapSession&) = delete;

  enum class Status : std::uint8_t {
    done,
    absent,   // of fetch(): there is no such mail, says a server that answers OK without one
    refused,  // the server said NO or BAD, to SELECT or the command; fault() says so as well
    broken,   // fault() says why; the connection is gone
  };

  // What kind of answer a command has, since libcurl 7.88 handles neither kind well: a long line is cut
  // where it does not fit into the buffer, and for every line what is left in the buffer counts against a
  // limit of 300 KB. So a small buffer is for many lines: about 500 of 70 bytes, nothing near that is asked for.
  enum class Answer : std::uint8_t { one_line, many_lines };

  // How long the calls that follow may take, each of them; never longer than a server that says nothing may.
  void allow(Duration within);
  // Runs a command without arguments that need literals; its response lines go to `response`. An empty
  // mailbox: none is selected for it.
  Status command(std::string_view mailbox, const std::string& text, Answer answer, std::string& response);
  // The first kMaxMailBytes of a mail.
  Status fetch(std::string_view mailbox, std::uint32_t uid_validity, std::uint32_t uid, std::string& bytes);

  // UIDVALIDITY as told by the last call, if a mailbox was selected for it.
  [[nodiscard]] std::optional<std::uint32_t> uid_validity() const { return uid_validity_; }
  // Whether the last call had to open a connection.
  [[nodiscard]] bool connected_anew() const { return connected_anew_; }
  // Whether the last call broke because the server had closed a kept-alive connection, as it may at any time.
  [[nodiscard]] bool was_dropped() const { return dropped_; }
  [[nodiscard]] const MailFault& fault() const { return fault_; }
  // Whether what the last call was refused for is a mailbox that does not exist (RFC 5530). Not all servers say it.
  [[nodiscard]] bool says_nonexistent() const;
  // Thread-safe: a call in progress ends within a second.
  void stop() noexcept { stopping_ = true; }

 private:
  struct Handle;

  ImapSession(std::unique_ptr<Handle> handle, std::string base_url, Duration longest_call);
  Status perform(const std::string& url, const char* command, Answer answer, std::string& response, std::size_t limit);
  void on_command(std::string_view line);
  void on_cut_line();
  bool on_line(std::string_view line);  // false: enough
  MailFault fault_of(int code) const;
  MailFault refusal() const;
  std::string url_of(std::string_view mailbox) const;

  std::unique_ptr<Handle> handle_;
  std::string base_url_;
  const Duration longest_call_;
  std::optional<std::uint32_t> uid_validity_;
  bool connected_anew_ = false;
  bool dropped_ = false;
  // Of the call under way: what was asked last, and what was heard.
  struct Exchange {
    std::string tag;      // of the last command
    std::string verb;     // "LOGIN"
    std::string refused;  // what follows the tag in the answer, where that is NO or BAD
    std::size_t bytes = 0;
    int cuts = 0;        // lines that were longer than libcurl takes
    bool stray = false;  // an answer to no command of ours
    bool bye = false;
    bool too_much = false;
  };
  Exchange exchange_;
  MailFault fault_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace gelombang
