// A mail router on a fake clock. The test decides when its mailbox is looked at.
#pragma once

#include "probes/mail/router.hpp"

#include "tests/support/fake_clock.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gelombang::test {

class MailBox {
 public:
  using Counts = std::map<MailResult, int>;

  explicit MailBox(MailRouter::Limits limits = {}) : router(limits) { router.look_ended(clock.now()); }

  MailRouter::Id expect(const std::string& recipient, const std::string& link_text = {},
                        std::optional<TimePoint> caused_at = {}) {
    MailExpectation expectation;
    expectation.recipient = recipient;
    expectation.link_text = link_text;
    expectation.caused_at = caused_at.value_or(clock.now());
    expectation.expected_within = std::chrono::seconds(30);
    expectation.give_up_after = std::chrono::seconds(120);
    expectation.request_time = std::chrono::seconds(1);
    return expect(expectation);
  }
  MailRouter::Id expect(const MailExpectation& expectation) {
    const auto number = next_++;
    return router.expect(expectation, [this, number](MailOutcome outcome) {
      ++calls[number];
      outcomes[number] = std::move(outcome);
    });
  }
  void arrive(const std::string& recipient, std::vector<MailLink> links = {}, MailFolder folder = MailFolder::inbox) {
    arrive_to({recipient}, std::move(links), folder);
  }
  void arrive_to(std::vector<std::string> recipients, std::vector<MailLink> links = {},
                 MailFolder folder = MailFolder::inbox) {
    router.arrive({folder, clock.now(), {std::move(recipients), "subject", std::move(links)}});
    hand_out();
  }
  void look() {
    router.look_ended(clock.now());
    hand_out();
  }
  void fail(ErrorClass error = ErrorClass::mailbox_unreachable) {
    router.look_failed(clock.now(), {error, "detail"});
    hand_out();
  }
  void hand_out() {
    for (auto& completion : router.take_completions()) completion.done(std::move(completion.outcome));
  }
  // How often each result was counted since the last call.
  Counts tally() {
    Counts counts;
    for (const MailSample& sample : router.take().samples) ++counts[sample.result];
    return counts;
  }
  [[nodiscard]] bool ended(int number) const { return outcomes.contains(number); }

  FakeClock clock;
  MailRouter router;
  std::map<int, MailOutcome> outcomes;  // by the order of expect()
  std::map<int, int> calls;

 private:
  int next_ = 0;
};

inline MailLink anchor(const std::string& text, const std::string& url) {
  return {MailLink::Origin::html, fold_label(text), url};
}

}  // namespace gelombang::test
