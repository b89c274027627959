// Decides who gets which mail, and what is counted. This is the pure part of the mailbox, without threads, clocks or
// input. Its caller (probes/mail/poller.hpp) reports what every look at the mailbox saw, and when.
//
// Every expectation ends in exactly one sample (in_time, late, lost, pending or hidden); every mail that met no
// expectation ends in at most one (duplicate, unknown). Lost needs proof: a look that began at or after the deadline
// and read everything. Late needs proof, too: while the mailbox was unreadable, a mail may have come in time. A result
// without proof is hidden, also if a mail that could not be read may have been the right one.
#pragma once

#include "probes/mail/mailbox.hpp"
#include "probes/mail/message.hpp"
#include "probes/mail/source.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gelombang {

struct MailArrival {
  MailFolder folder = MailFolder::inbox;
  TimePoint seen_at{};
  MailMessage message;
};

class MailRouter {
 public:
  struct Limits {
    // Mail that nobody waits for yet is held, because a person may begin to wait later.
    Duration held_for = std::chrono::minutes(15);
    std::size_t held_mails = 50'000;
    std::size_t held_bytes = std::size_t{64} << 20;
    std::size_t held_of_person = 100;  // all of them are looked at when the person begins to wait
    // How long, and for how many expectations, it is remembered that a person waited: tells a duplicate from an unknown
    // mail.
    Duration remembered_for = std::chrono::hours(1);
    std::size_t remembered = 200'000;
    // How long the last good look may be ago before the mailbox counts as unreadable, and how long after its deadline
    // an expectation waits for the mailbox to come back.
    Duration blind_grace = std::chrono::seconds(5);
    // A mail that is seen within this time after a good look began counts as having come just then. A mail that is seen
    // later may have come at any time since that look.
    Duration fresh_for = std::chrono::seconds(5);
  };
  struct Completion {
    Mailbox::Done done;
    MailOutcome outcome;
  };
  using Id = Mailbox::ExpectationId;

  MailRouter() : MailRouter(Limits()) {}
  explicit MailRouter(Limits limits) : limits_(limits) {}

  Id expect(MailExpectation expectation, Mailbox::Done done);
  void cancel(Id id);

  // A look reports its mails first, and then its end; it began at `began`.
  void arrive(MailArrival mail);
  // A mail cannot be read, or not far enough to know its recipients.
  void missed(TimePoint seen_at, ErrorClass error);
  void look_ended(TimePoint began);
  // The look read as much as it may, and there is more.
  void look_unfinished(TimePoint ended);
  void look_failed(TimePoint now, MailFault fault);
  // Time passes while a look goes on, or while the mailbox is unreadable and nobody looks.
  void tick(TimePoint now);
  // The end of the run: cancels every expectation and counts what is held.
  void finish();

  // Outcomes to be handed out, outside of any lock.
  [[nodiscard]] bool has_completions() const { return !completions_.empty(); }
  std::vector<Completion> take_completions() { return std::exchange(completions_, {}); }
  Mailbox::Tally take();

  // For tests of the bounds.
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] std::size_t people() const { return people_.size(); }

 private:
  struct HeldMail {
    MailArrival mail;
    TimePoint not_before{};  // the mail came at or after this: the last good look, if it is not known when it came
    std::size_t bytes = 0;
  };
  struct Waiting {
    MailExpectation expectation;
    std::string wanted;  // the text of the link, folded
    Mailbox::Done done;
    std::optional<HeldMail> linkless;  // a mail for this person, but without the link
    bool may_be_dropped = false;       // its mail may have come before it, with no room to hold it
  };
  struct Person {
    std::vector<Id> waiting;                  // oldest first
    std::vector<std::uint64_t> held;          // oldest first
    std::vector<TimePoint> unmet_since;       // given-up expectations whose mail may still come: earliest time of each
    TimePoint dropped_at = TimePoint::min();  // the newest mail for which there was no room
    std::uint32_t ended = 0;                  // expectations that ended, as far as remembered
  };
  // Whether an expectation may get a mail.
  struct Fit {
    bool accepted = false;  // the mail came after its cause
    bool complete = false;  // and has the link, if one is wanted
    std::string link;
  };
  using People = std::unordered_map<std::string, Person>;  // by address
  using Deadlines = std::set<std::pair<TimePoint, Id>>;

  static bool accepts(const MailExpectation& expectation, TimePoint seen_at);
  [[nodiscard]] bool long_since_good_look(TimePoint now) const;
  [[nodiscard]] bool may_be_missed(const Waiting& waiting) const;
  [[nodiscard]] ErrorClass why_blind(const Waiting& waiting) const;
  static Fit fit(const Waiting& waiting, const HeldMail& mail);
  bool give_to_waiting(HeldMail& mail);
  void give_held(Id id);
  void keep(Id id, HeldMail mail);
  void hold(HeldMail mail);
  void drop(std::uint64_t held_id);
  HeldMail release(std::uint64_t held_id);
  void count_unclaimed(const HeldMail& mail);
  void deliver(Id id, const HeldMail& mail, std::string link);
  void end_without_mail(Id id, MailOutcome::Kind kind);
  Mailbox::Done close(Id id, bool met);
  void expire_links(TimePoint began);
  void expire_blind(TimePoint now);
  void forget(TimePoint now);
  void forget_if_idle(People::iterator person);
  void count(MailResult result, MailFolder folder = MailFolder::inbox, Duration delay = {},
             std::string_view recipient = {}, bool at_least = false);

  Limits limits_;
  Id next_id_ = 1;
  std::unordered_map<Id, Waiting> waiting_;
  People people_;
  std::map<std::uint64_t, HeldMail> held_;  // in the order seen
  std::uint64_t next_held_ = 1;
  std::size_t held_bytes_ = 0;
  Deadlines deadlines_;
  Deadlines link_deadlines_;                             // of expectations that hold a linkless mail
  std::deque<std::pair<TimePoint, std::string>> ended_;  // what people_ remembers, oldest first
  TimePoint latest_ = TimePoint::min();                  // the latest known time
  TimePoint last_good_look_ = TimePoint::min();          // when it began
  bool failed_since_ = true;                             // a look failed since then, or there was none yet
  TimePoint unfinished_since_ = TimePoint::max();        // a look left mails unread, and none was whole since
  std::optional<MailFault> fault_;
  ErrorClass last_fault_ = ErrorClass::mailbox_unreachable;
  TimePoint missed_at_ = TimePoint::min();     // the newest mail that could not be read
  TimePoint forgotten_at_ = TimePoint::min();  // the newest dropped mail of people who are not remembered
  ErrorClass missed_error_ = ErrorClass::mailbox_protocol;
  std::vector<Completion> completions_;
  std::vector<MailSample> samples_;
};

}  // namespace gelombang
