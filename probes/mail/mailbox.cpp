#include "probes/mail/mailbox.hpp"

#include "probes/mail/imap_source.hpp"
#include "probes/mail/maildir_source.hpp"
#include "probes/mail/poller.hpp"

#include <condition_variable>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace gelombang {
namespace {

constexpr std::string_view kMaildirScheme = "maildir:";

class PollingMailbox final : public Mailbox {
 public:
  PollingMailbox(std::unique_ptr<MailSource> source, const Clock& clock, const MailboxOptions& options)
      : poller_(std::move(source), clock, options.poll_interval, options.user) {
    poller_.step();  // what is there now is history
    thread_ = std::thread([this] { run(); });
  }
  ~PollingMailbox() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    poller_.stop();
    wake_.notify_all();
    thread_.join();
  }
  PollingMailbox(const PollingMailbox&) = delete;
  PollingMailbox& operator=(const PollingMailbox&) = delete;

  ExpectationId expect(MailExpectation expectation, Done done) override {
    bool decided = false;
    const ExpectationId id = poller_.expect(std::move(expectation), std::move(done), decided);
    if (decided) wake();
    return id;
  }
  void cancel(ExpectationId id) override { poller_.cancel(id); }
  Tally take() override { return poller_.take(); }
  Tally finish() override { return poller_.finish(); }

 private:
  void wake() {
    {
      const std::scoped_lock lock(mutex_);
      woken_ = true;
    }
    wake_.notify_all();
  }
  void run() {
    for (;;) {
      const Duration pause = poller_.step();
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
      woken_ = false;
      if (stopping_) break;
    }
    poller_.finish();
  }

  MailPoller poller_;
  std::mutex mutex_;  // guards the two flags
  std::condition_variable wake_;
  bool stopping_ = false;
  bool woken_ = false;
  std::thread thread_;
};

Result<std::unique_ptr<MailSource>> open_source(const MailboxOptions& options, const Clock& clock) {
  if (options.url.starts_with(kMaildirScheme)) {
    return open_maildir(options.url.substr(kMaildirScheme.size()), clock);
  }
  return open_imap(options, clock);
}

}  // namespace

Result<std::unique_ptr<Mailbox>> Mailbox::open(const MailboxOptions& options, const Clock& clock) {
  if (options.poll_interval < std::chrono::milliseconds(10)) {
    return Error{"the mailbox's poll interval is too short: at least 10ms is needed"};
  }
  auto source = open_source(options, clock);
  if (!source) return std::move(source).error();
  return std::make_unique<PollingMailbox>(std::move(*source), clock, options);
}

}  // namespace gelombang
