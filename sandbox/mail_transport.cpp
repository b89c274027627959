#include "sandbox/mail_transport.hpp"

#include "sandbox/durable_file.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <utility>

namespace gelombang::sandbox {
namespace {

namespace fs = std::filesystem;

class Maildir final : public MailTransport {
 public:
  explicit Maildir(std::string directory) : directory_(std::move(directory)) {}

  Delivery deliver(const VerificationMail& mail) override {
    const std::string folder = mail.spam ? directory_ + "/.Junk" : directory_;
    const std::string name = fmt::format("{}.M{}.gelombang", mail.queued_at, mail.id);
    const FileOutcome outcome =
        write_durably(folder + "/tmp/" + name, folder + "/new/" + name, format_mail(mail), SyncName::later);
    if (outcome == FileOutcome::written) return Delivery::accepted;
    spdlog::warn("mail: a message cannot be written to {}", folder);
    return Delivery::deferred;
  }
  bool settle() override { return sync_directory(directory_ + "/new") && sync_directory(directory_ + "/.Junk/new"); }

 private:
  std::string directory_;
};

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

class Smtp final : public MailTransport {
 public:
  explicit Smtp(std::string url) : url_(std::move(url)), curl_(curl_easy_init()) {}

  Delivery deliver(const VerificationMail& mail) override {
    Upload upload{format_mail(mail), 0};
    const std::string sender = fmt::format("<{}>", kMailSender);
    const std::unique_ptr<curl_slist, CurlDeleter> recipients(
        curl_slist_append(nullptr, fmt::format("<{}>", mail.recipient).c_str()));
    CURL* curl = curl_.get();
    curl_easy_reset(curl);  // resets options only; the connection stays open
    curl_easy_setopt(curl, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 5'000L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 20'000L);
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, sender.c_str());
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, &Smtp::read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Smtp::progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
    const CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) return Delivery::accepted;
    long reply = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    spdlog::debug("mail: {} (reply {})", curl_easy_strerror(code), reply);
    return reply >= 500 && reply <= 599 ? Delivery::refused : Delivery::deferred;
  }
  void cancel() override { cancelled_ = true; }

 private:
  // Any value except 0 ends the transfer.
  static int progress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Smtp*>(user)->cancelled_ ? 1 : 0;
  }
  struct Upload {
    std::string text;
    std::size_t sent;
  };
  static std::size_t read(char* buffer, std::size_t size, std::size_t count, void* user) {
    auto* upload = static_cast<Upload*>(user);
    const std::size_t n = std::min(size * count, upload->text.size() - upload->sent);
    upload->text.copy(buffer, n, upload->sent);
    upload->sent += n;
    return n;
  }

  std::string url_;
  std::atomic<bool> cancelled_{false};
  std::unique_ptr<CURL, CurlDeleter> curl_;
};

}  // namespace

Result<std::unique_ptr<MailTransport>> make_maildir(const std::string& directory) {
  for (const char* folder : {"/tmp", "/new", "/cur", "/.Junk/tmp", "/.Junk/new", "/.Junk/cur"}) {
    std::error_code ec;
    fs::create_directories(directory + folder, ec);
    if (ec) return Error{fmt::format("mail directory {}: {}", directory, ec.message())};
  }
  // Maildir++: this empty file marks the directory as a folder, not as a separate mailbox.
  if (!touch(directory + "/.Junk/maildirfolder")) {
    return Error{fmt::format("mail directory {}: cannot be written", directory)};
  }
  return std::unique_ptr<MailTransport>(std::make_unique<Maildir>(directory));
}

Result<std::unique_ptr<MailTransport>> make_smtp(const std::string& url) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return std::unique_ptr<MailTransport>(std::make_unique<Smtp>(url));
}

Result<std::unique_ptr<MailTransport>> make_transport(std::string_view where) {
  constexpr std::string_view kMaildir = "maildir:";
  constexpr std::string_view kSmtp = "smtp://";
  if (where.substr(0, kMaildir.size()) == kMaildir && where.size() > kMaildir.size()) {
    return make_maildir(std::string(where.substr(kMaildir.size())));
  }
  const std::string_view host = where.substr(std::min(kSmtp.size(), where.size()));
  if (where.substr(0, kSmtp.size()) == kSmtp && !host.empty() && host.find_first_of("@/? ") == std::string_view::npos) {
    return make_smtp(std::string(where));
  }
  return Error{fmt::format("--mail {}: expected maildir:DIR or smtp://HOST:PORT", where)};
}

}  // namespace gelombang::sandbox
