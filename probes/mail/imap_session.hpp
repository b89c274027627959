// One kept-alive IMAP connection, driven by libcurl's easy interface. Knows commands and curl codes;
// probes/mail/imap_source.hpp decides what they mean for the mail.
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
    absent,   // of fetch(): there is no such mail; the server answered OK without one
    refused,  // the server said NO or BAD, to SELECT or the command; fault() says so as well
    broken,   // fault() says why; the connection is gone
  };

  // What kind of response a command has. libcurl 7.88 handles neither kind well: it cuts a long line that does not fit
  // into the buffer, and for every line it counts the rest of the buffer against a limit of 300 KB. So many lines need
  // a small buffer: it allows about 500 lines of 70 bytes, far more than we ask for.
  enum class Answer : std::uint8_t { one_line, many_lines };

  // How long each of the following calls may take; never longer than a silent server may.
  void allow(Duration within);
  // Runs a command without arguments that need literals; its response lines go to `response`. If `mailbox` is empty,
  // none is selected.
  Status command(std::string_view mailbox, const std::string& text, Answer answer, std::string& response);
  // The first kMaxMailBytes of a mail.
  Status fetch(std::string_view mailbox, std::uint32_t uid_validity, std::uint32_t uid, std::string& bytes);

  // UIDVALIDITY from the last call, if that call selected a mailbox.
  [[nodiscard]] std::optional<std::uint32_t> uid_validity() const { return uid_validity_; }
  // Whether the last call had to open a connection.
  [[nodiscard]] bool connected_anew() const { return connected_anew_; }
  // Whether the last call broke because the server had closed a kept-alive connection, as it may at any time.
  [[nodiscard]] bool was_dropped() const { return dropped_; }
  [[nodiscard]] const MailFault& fault() const { return fault_; }
  // Whether the last call was refused because the mailbox does not exist (RFC 5530). Not all servers say so.
  [[nodiscard]] bool says_nonexistent() const;
  // Thread-safe: a call in progress ends within a second.
  void stop() noexcept { stopping_ = true; }

 private:
  struct Handle;

  ImapSession(std::unique_ptr<Handle> handle, std::string base_url, Duration longest_call);
  Status perform(const std::string& url, const char* command, Answer answer, std::string& response, std::size_t limit);
  void on_command(std::string_view line);
  void on_cut_line();
  bool on_line(std::string_view line);  // false: stop the call
  MailFault fault_of(int code) const;
  MailFault refusal() const;
  std::string url_of(std::string_view mailbox) const;

  std::unique_ptr<Handle> handle_;
  std::string base_url_;
  const Duration longest_call_;
  std::optional<std::uint32_t> uid_validity_;
  bool connected_anew_ = false;
  bool dropped_ = false;
  // Of the current call: the last command, and what the server sent.
  struct Exchange {
    std::string tag;      // of the last command
    std::string verb;     // "LOGIN"
    std::string refused;  // the response after its tag, if that is NO or BAD
    std::size_t bytes = 0;
    int cuts = 0;        // lines that were longer than libcurl takes
    bool stray = false;  // a response to no command of ours
    bool bye = false;
    bool too_much = false;
  };
  Exchange exchange_;
  MailFault fault_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace gelombang
