#include "tests/support/dovecot.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = "/usr/sbin/dovecot";

// The user that the server runs as. Dovecot does not serve mail of root.
struct Account {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string user;
  std::string group;
};

Account server_account() {
  const passwd* user = ::geteuid() == 0 ? ::getpwnam("nobody") : ::getpwuid(::geteuid());
  if (user == nullptr) throw std::runtime_error("this user has no name to run Dovecot as");
  Account account{user->pw_uid, user->pw_gid, user->pw_name, {}};
  const group* group = ::getgrgid(account.gid);
  if (group == nullptr) throw std::runtime_error("this user's group has no name to run Dovecot as");
  account.group = group->gr_name;
  return account;
}

void make_directory(const std::string& path, const Account& owner) {
  fs::create_directories(path);
  if (::geteuid() == 0 && ::chown(path.c_str(), owner.uid, owner.gid) != 0) throw std::runtime_error("chown " + path);
}

std::vector<pid_t> children_of(pid_t parent) {
  std::vector<pid_t> children;
  for (const auto& process : fs::directory_iterator("/proc")) {
    const std::string name = process.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // "PID (NAME) STATE PARENT ..."
    const std::string status = read_file(process.path().string() + "/stat");
    const std::size_t state = status.rfind(") ");
    if (state == std::string::npos || std::atoi(status.c_str() + state + 4) != parent) continue;
    children.push_back(static_cast<pid_t>(std::stol(name)));
  }
  return children;
}

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// The settings that versions 2.3 and 2.4 share, then the settings whose names differ.
constexpr const char* kConfiguration = R"(
base_dir = @DIR@/run
state_dir = @DIR@/run
log_path = @DIR@/log/dovecot.log
protocols = imap
listen = 127.0.0.1
default_internal_user = @USER@
default_internal_group = @GROUP@
default_login_user = @USER@
mail_uid = @UID@
mail_gid = @GID@
first_valid_uid = @UID@
first_valid_gid = @GID@
mail_fsync = never
maildir_very_dirty_syncs = yes
auth_mechanisms = plain login
auth_failure_delay = 0
ssl = yes
namespace inbox {
  inbox = yes
  @SPAM@
}
service imap-login {
  chroot =
  inet_listener imap {
    port = @PORT@
  }
  inet_listener imaps {
    port = @TLS_PORT@
    ssl = yes
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
)";

constexpr const char* kSettings2_3 = R"(
mail_location = maildir:@DIR@/mail
disable_plaintext_auth = no
ssl_cert = <@DIR@/cert.pem
ssl_key = <@DIR@/key.pem
passdb {
  driver = passwd-file
  args = @DIR@/passwd
}
userdb {
  driver = static
  args = uid=@UID@ gid=@GID@ home=@DIR@/mail
}
)";

constexpr const char* kSettings2_4 = R"(
mail_driver = maildir
mail_path = @DIR@/mail
auth_allow_cleartext = yes
ssl_server_cert_file = @DIR@/cert.pem
ssl_server_key_file = @DIR@/key.pem
passdb passwd-file {
  passwd_file_path = @DIR@/passwd
}
userdb static {
  fields {
    uid = @UID@
    gid = @GID@
    home = @DIR@/mail
  }
}
)";

bool speaks_2_4() {
  static const bool does = [] {
    ChildProcess program({kProgram, "--version"});
    program.wait();
    return !program.standard_output().starts_with("2.3.");
  }();
  return does;
}

}  // namespace

Dovecot::Dovecot(const Options& options) {
  const Account account = server_account();
  fs::permissions(temporary_.path(), fs::perms(0755));
  for (const char* name : {"run", "log", "mail", "mail/new", "mail/cur", "mail/tmp"}) {
    make_directory(temporary_.file(name), account);
  }
  const int made = ChildProcess({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                                 "-nodes", "-keyout", temporary_.file("key.pem"), "-out", certificate(), "-days", "2",
                                 "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"})
                       .wait();
  if (made != 0) throw std::runtime_error("openssl made no certificate");
  write_file(temporary_.file("passwd"), user() + ":{PLAIN}" + password() + "\n");
  for (const char* name : {"key.pem", "passwd"}) fs::permissions(temporary_.file(name), fs::perms(0644));
  configure(options);
  start();
}

void Dovecot::configure(const Options& options) const {
  const Account account = server_account();
  std::string text = kConfiguration;
  if (speaks_2_4()) {  // 2.4 expects the version of the settings in its first lines
    text = "dovecot_config_version = 2.4.0\ndovecot_storage_version = 2.4.0\n" + text + kSettings2_4;
  } else {
    text += kSettings2_3;
  }
  std::string spam;
  if (!options.spam_folder.empty()) {
    spam = "mailbox \"" + options.spam_folder + "\" {\n    auto = create\n" +
           (options.flag_spam ? "    special_use = \\Junk\n" : "") + "  }";
  }
  const std::vector<std::pair<std::string, std::string>> values{{"@DIR@", temporary_.path()},
                                                                {"@USER@", account.user},
                                                                {"@GROUP@", account.group},
                                                                {"@UID@", std::to_string(account.uid)},
                                                                {"@GID@", std::to_string(account.gid)},
                                                                {"@SPAM@", spam},
                                                                {"@PORT@", std::to_string(port_)},
                                                                {"@TLS_PORT@", std::to_string(tls_port_)}};
  for (const auto& [name, value] : values) replace(text, name, value);
  write_file(temporary_.file("dovecot.conf"), text);
}

void Dovecot::start() {
  std::vector<std::string> command{kProgram, "-F", "-c", temporary_.file("dovecot.conf")};
  if (::geteuid() == 0) {
    const Account account = server_account();
    // A change of the user clears the parent death signal, so setpriv sets it again.
    const std::vector<std::string> as_nobody{
        "setpriv",     "--reuid", std::to_string(account.uid), "--regid", std::to_string(account.gid), "--clear-groups",
        "--pdeathsig", "KILL"};
    command.insert(command.begin(), as_nobody.begin(), as_nobody.end());
  }
  process_ = std::make_unique<ChildProcess>(command);
  try {
    wait_for_port(port_);
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(error.what()) + "; Dovecot says:\n" + process_->standard_error() + log());
  }
}

// The processes that serve a connection outlive the main process until their client leaves. So they get the signal too.
void Dovecot::stop() {
  if (!process_) return;
  const std::vector<pid_t> children = children_of(process_->pid());
  for (const pid_t child : children) ::kill(child, SIGTERM);
  process_->stop();
  process_.reset();
  for (const pid_t child : children) ::kill(child, SIGTERM);
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  const auto alive = [](pid_t child) { return ::kill(child, 0) == 0; };
  while (std::any_of(children.begin(), children.end(), alive) && std::chrono::steady_clock::now() < limit) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

std::string Dovecot::mail_directory(const std::string& folder) const {
  return temporary_.file("mail") + (folder.empty() ? "" : "/." + folder);
}

void Dovecot::deliver(const std::string& text, const std::string& folder) {
  const std::string directory = mail_directory(folder);
  const std::string name = std::to_string(++delivered_) + ".x.localhost";
  write_file(directory + "/tmp/" + name, text);
  fs::rename(directory + "/tmp/" + name, directory + "/new/" + name);
}

void Dovecot::age_mails(std::chrono::seconds by, const std::string& directory) const {
  for (const char* part : {"/new", "/cur"}) {
    for (const auto& file : fs::directory_iterator(mail_directory(directory) + part)) {
      fs::last_write_time(file, fs::last_write_time(file) - by);
    }
  }
}

void Dovecot::forget_uids() const {
  const std::string list = mail_directory("") + "/dovecot-uidlist";
  const std::string text = read_file(list);
  // "3 V1795470194 N4 G...": version, UIDVALIDITY, next UID, mailbox; then a line for each mail.
  const std::size_t validity = text.find(" V") + 2;
  const std::size_t next = text.find(" N");
  const std::size_t mailbox = text.find(" G");
  write_file(list, "3 V" + std::to_string(std::stoul(text.substr(validity, next - validity)) + 1000) + " N100" +
                       text.substr(mailbox, text.find('\n') + 1 - mailbox));
  for (const auto& file : fs::directory_iterator(mail_directory(""))) {
    if (file.path().filename().string().starts_with("dovecot.index")) fs::remove(file.path());
  }
}

}  // namespace gelombang::test
