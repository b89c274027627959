// A Dovecot IMAP server for one test: without privileges, with a small configuration, a Maildir and free loopback
// ports. If root starts the server, it runs as nobody, otherwise as the user who runs the test.
#pragma once

#include "tests/support/child_process.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace gelombang::test {

class Dovecot {
 public:
  struct Options {
    std::string spam_folder = "Junk";  // the name in the configuration; empty: no such folder
    bool flag_spam = true;             // whether the folder has the \Junk flag
  };

  Dovecot() : Dovecot(Options{}) {}
  explicit Dovecot(const Options& options);
  ~Dovecot() { stop(); }
  Dovecot(const Dovecot&) = delete;
  Dovecot& operator=(const Dovecot&) = delete;

  void start();
  void stop();  // sends SIGTERM and waits for the end

  [[nodiscard]] std::string url() const { return "imap://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string tls_url() const { return "imaps://localhost:" + std::to_string(tls_port_); }
  [[nodiscard]] std::string user() const { return "collector"; }
  [[nodiscard]] std::string password() const { return "kata-sandi-uji"; }
  // The self-signed certificate of `localhost`.
  [[nodiscard]] std::string certificate() const { return temporary_.file("cert.pem"); }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string log() const { return read_file(temporary_.file("log/dovecot.log")); }

  // Puts a mail into the folder as a delivery agent does. "" is the inbox.
  void deliver(const std::string& text, const std::string& folder = "");
  // Makes the mails of the inbox look as if they had arrived earlier by `by`.
  void age_mails(std::chrono::seconds by, const std::string& directory = "") const;
  // Gives the inbox a new UIDVALIDITY and its mails new UIDs, as a restore from a backup does. Call this only while the
  // server is stopped.
  void forget_uids() const;

 private:
  void configure(const Options& options) const;
  [[nodiscard]] std::string mail_directory(const std::string& folder) const;

  TemporaryDirectory temporary_;
  std::uint16_t port_ = free_port();
  std::uint16_t tls_port_ = free_port();
  std::unique_ptr<ChildProcess> process_;
  int delivered_ = 0;
};

}  // namespace gelombang::test
