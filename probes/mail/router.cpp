#include "probes/mail/router.hpp"

#include "metrics/dimensions.hpp"

#include <algorithm>

namespace gelombang {
namespace {

// `to` may be TimePoint::min(), if nothing was seen yet.
Duration elapsed(TimePoint from, TimePoint to) { return to > from ? to - from : Duration::zero(); }

// A deadline far in the future must not overflow.
TimePoint later(TimePoint from, Duration by) { return by > TimePoint::max() - from ? TimePoint::max() : from + by; }

std::string fold_address(std::string_view address) {
  std::string result(address);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::size_t size_of(const MailMessage& message) {
  std::size_t bytes = 256 + message.subject.size();
  for (const std::string& recipient : message.recipients) bytes += recipient.size() + 128;
  for (const MailLink& link : message.links) bytes += link.label.size() + link.url.size() + sizeof link;
  return bytes;
}

}  // namespace

MailRouter::Id MailRouter::expect(MailExpectation expectation, Mailbox::Done done) {
  const Id id = next_id_++;
  expectation.recipient = fold_address(expectation.recipient);
  expectation.give_up_after = std::max(expectation.give_up_after, expectation.expected_within);
  deadlines_.emplace(later(expectation.caused_at, expectation.give_up_after), id);
  Person& person = people_[expectation.recipient];
  person.waiting.push_back(id);
  Waiting waiting;
  waiting.may_be_dropped = accepts(expectation, std::max(person.dropped_at, forgotten_at_));
  waiting.wanted = fold_label(expectation.link_text);
  waiting.expectation = std::move(expectation);
  waiting.done = std::move(done);
  waiting_.emplace(id, std::move(waiting));
  give_held(id);
  return id;
}

void MailRouter::cancel(Id id) {
  if (waiting_.contains(id)) end_without_mail(id, MailOutcome::Kind::interrupted);
}

void MailRouter::arrive(MailArrival mail) {
  latest_ = std::max(latest_, mail.seen_at);
  HeldMail one;
  const bool unsure =
      failed_since_ || mail.seen_at > unfinished_since_ || elapsed(last_good_look_, mail.seen_at) > limits_.fresh_for;
  one.not_before = unsure ? std::min(last_good_look_, mail.seen_at) : mail.seen_at;
  one.mail = std::move(mail);
  if (!give_to_waiting(one)) hold(std::move(one));
}

void MailRouter::missed(TimePoint seen_at, ErrorClass error) {
  missed_at_ = std::max(missed_at_, seen_at);
  missed_error_ = error;
}

bool MailRouter::long_since_good_look(TimePoint now) const {
  return elapsed(last_good_look_, now) > limits_.blind_grace;
}

bool MailRouter::may_be_missed(const Waiting& waiting) const {
  return waiting.may_be_dropped || accepts(waiting.expectation, missed_at_);
}

ErrorClass MailRouter::why_blind(const Waiting& waiting) const {
  if (fault_ || failed_since_) return last_fault_;
  if (accepts(waiting.expectation, missed_at_)) return missed_error_;
  return waiting.may_be_dropped ? ErrorClass::mailbox_limit : ErrorClass::mailbox_unreachable;
}

bool MailRouter::accepts(const MailExpectation& expectation, TimePoint seen_at) {
  return seen_at >= expectation.caused_at - expectation.request_time;
}

MailRouter::Fit MailRouter::fit(const Waiting& waiting, const HeldMail& mail) {
  Fit fit;
  fit.accepted = accepts(waiting.expectation, mail.mail.seen_at);
  const bool wants_link = !waiting.expectation.link_text.empty();
  if (fit.accepted && wants_link) fit.link = find_folded_link(mail.mail.message.links, waiting.wanted);
  fit.complete = fit.accepted && (!wants_link || !fit.link.empty());
  return fit;
}

// A mail with the link is preferred: portals send more than one kind.
bool MailRouter::give_to_waiting(HeldMail& mail) {
  std::optional<Id> without_link;
  for (const std::string& recipient : mail.mail.message.recipients) {
    const auto person = people_.find(recipient);
    if (person == people_.end()) continue;
    for (const Id id : person->second.waiting) {
      const Waiting& waiting = waiting_.at(id);
      Fit one = fit(waiting, mail);
      if (one.complete) {
        deliver(id, mail, std::move(one.link));
        return true;  // `waiting` has changed
      }
      if (one.accepted && !waiting.linkless && !without_link) without_link = id;
    }
  }
  if (!without_link) return false;
  keep(*without_link, std::move(mail));
  return true;
}

// The same for mail that came before its user began to wait for it.
void MailRouter::give_held(Id id) {
  const Waiting& waiting = waiting_.at(id);
  std::optional<std::uint64_t> without_link;
  for (const std::uint64_t held_id : people_.at(waiting.expectation.recipient).held) {
    Fit one = fit(waiting, held_.at(held_id));
    if (one.complete) {
      deliver(id, release(held_id), std::move(one.link));
      return;  // `held` has changed
    }
    if (one.accepted && !without_link) without_link = held_id;
  }
  if (without_link) keep(id, release(*without_link));
}

// A mail without the link is kept until expected_within, because a mail with the link may follow.
void MailRouter::keep(Id id, HeldMail mail) {
  Waiting& waiting = waiting_.at(id);
  link_deadlines_.emplace(later(waiting.expectation.caused_at, waiting.expectation.expected_within), id);
  waiting.linkless = std::move(mail);
}

void MailRouter::hold(HeldMail mail) {
  const std::size_t recipients = mail.mail.message.recipients.size();
  if (mail.mail.message.more_recipients || (mail.mail.message.cut && recipients == 0)) {
    missed(mail.mail.seen_at, ErrorClass::mailbox_limit);
  }
  if (recipients == 0) {
    count(MailResult::unknown, mail.mail.folder);
    return;
  }
  const std::uint64_t id = next_held_++;
  mail.bytes = size_of(mail.mail.message);
  held_bytes_ += mail.bytes;
  held_.emplace(id, std::move(mail));
  std::vector<std::uint64_t> too_many;
  for (const std::string& recipient : held_.at(id).mail.message.recipients) {
    Person& person = people_[recipient];
    person.held.push_back(id);
    if (person.held.size() > limits_.held_of_person) too_many.push_back(person.held.front());
  }
  for (const std::uint64_t one : too_many) drop(one);
  while (held_.size() > limits_.held_mails || held_bytes_ > limits_.held_bytes) drop(held_.begin()->first);
}

// There is no room for this mail, but one of its recipients may wait for it later.
void MailRouter::drop(std::uint64_t held_id) {
  const auto held = held_.find(held_id);
  if (held == held_.end()) return;  // dropped already: too many for two people
  const TimePoint seen_at = held->second.mail.seen_at;
  const HeldMail mail = release(held_id);
  for (const std::string& recipient : mail.mail.message.recipients) {
    const auto person = people_.find(recipient);
    TimePoint& dropped_at = person == people_.end() ? forgotten_at_ : person->second.dropped_at;
    dropped_at = std::max(dropped_at, seen_at);
  }
  count_unclaimed(mail);
}

MailRouter::HeldMail MailRouter::release(std::uint64_t held_id) {
  HeldMail mail = std::move(held_.extract(held_id).mapped());
  held_bytes_ -= mail.bytes;
  for (const std::string& recipient : mail.mail.message.recipients) {
    const auto person = people_.find(recipient);
    if (person == people_.end()) continue;  // recipient named twice
    std::erase(person->second.held, held_id);
    forget_if_idle(person);
  }
  return mail;
}

// Nobody can wait for this mail any more.
void MailRouter::count_unclaimed(const HeldMail& mail) {
  bool waited = false;
  for (const std::string& recipient : mail.mail.message.recipients) {
    const auto person = people_.find(recipient);
    if (person == people_.end()) continue;
    auto& unmet = person->second.unmet_since;
    const auto mine = std::find_if(unmet.begin(), unmet.end(), [&](TimePoint t) { return t <= mail.mail.seen_at; });
    if (mine != unmet.end()) {
      unmet.erase(mine);  // counted already, as lost or pending
      return;
    }
    waited = waited || person->second.ended > 0;
  }
  count(waited ? MailResult::duplicate : MailResult::unknown, mail.mail.folder);
}

void MailRouter::deliver(Id id, const HeldMail& mail, std::string link) {
  const Waiting& waiting = waiting_.at(id);
  const MailExpectation& expectation = waiting.expectation;
  const TimePoint in_time_until = later(expectation.caused_at, expectation.expected_within);
  MailOutcome outcome;
  outcome.folder = mail.mail.folder;
  outcome.delay = std::max(mail.mail.seen_at - expectation.caused_at, Duration::zero());
  outcome.subject = mail.mail.message.subject;
  outcome.link = std::move(link);
  if (mail.mail.seen_at <= in_time_until) {
    outcome.result = MailResult::in_time;
  } else if (mail.not_before > in_time_until) {
    outcome.result = MailResult::late;
  } else {
    outcome.result = MailResult::hidden;
    outcome.error = why_blind(waiting);
  }
  if (!expectation.link_text.empty() && outcome.link.empty()) {
    // The link may be in a part that we did not read, or in another mail that we did not see.
    const bool seen_all = last_good_look_ >= in_time_until && !may_be_missed(waiting);
    outcome.error = mail.mail.message.cut ? ErrorClass::mailbox_limit
                    : seen_all            ? ErrorClass::mail_link_bad
                                          : why_blind(waiting);
  }
  const bool at_least = mail.not_before < mail.mail.seen_at;
  count(outcome.result, outcome.folder, at_least ? elapsed(expectation.caused_at, mail.not_before) : outcome.delay,
        expectation.recipient, at_least);
  // A mail that was kept because it lacks the link is a duplicate now.
  if (waiting.linkless && &*waiting.linkless != &mail) count(MailResult::duplicate, waiting.linkless->mail.folder);
  completions_.push_back({close(id, true), std::move(outcome)});
}

void MailRouter::end_without_mail(Id id, MailOutcome::Kind kind) {
  const Waiting& waiting = waiting_.at(id);
  const MailExpectation& expectation = waiting.expectation;
  const bool missed = may_be_missed(waiting);
  const bool met = waiting.linkless.has_value();
  if (kind == MailOutcome::Kind::lost && missed) kind = MailOutcome::Kind::mailbox_fault;
  MailOutcome outcome;
  Duration waited = elapsed(expectation.caused_at, last_good_look_);
  if (kind == MailOutcome::Kind::lost) {
    outcome.result = MailResult::lost;
    outcome.error = ErrorClass::mail_missing;
    waited = expectation.give_up_after;
  } else if (!missed && !met && last_good_look_ > later(expectation.caused_at, expectation.expected_within)) {
    outcome.result = MailResult::late;
  } else if (kind == MailOutcome::Kind::mailbox_fault || missed || fault_ || long_since_good_look(latest_)) {
    kind = MailOutcome::Kind::mailbox_fault;
    outcome.result = MailResult::hidden;
  } else {
    outcome.result = MailResult::pending;
  }
  outcome.kind = kind;
  if (kind == MailOutcome::Kind::mailbox_fault) outcome.error = why_blind(waiting);
  count(outcome.result, MailFolder::inbox, waited, expectation.recipient, true);
  completions_.push_back({close(id, met), std::move(outcome)});
}

Mailbox::Done MailRouter::close(Id id, bool met) {
  Waiting waiting = std::move(waiting_.extract(id).mapped());
  const MailExpectation& expectation = waiting.expectation;
  deadlines_.erase({later(expectation.caused_at, expectation.give_up_after), id});
  link_deadlines_.erase({later(expectation.caused_at, expectation.expected_within), id});
  Person& person = people_.at(expectation.recipient);
  std::erase(person.waiting, id);
  ++person.ended;
  if (!met) person.unmet_since.push_back(expectation.caused_at - expectation.request_time);
  ended_.emplace_back(std::max(latest_, expectation.caused_at), std::move(waiting.expectation.recipient));
  return std::move(waiting.done);
}

void MailRouter::look_ended(TimePoint began) {
  latest_ = std::max(latest_, began);
  last_good_look_ = began;
  failed_since_ = false;
  unfinished_since_ = TimePoint::max();
  fault_.reset();
  expire_links(began);
  while (!deadlines_.empty() && deadlines_.begin()->first <= began) {
    end_without_mail(deadlines_.begin()->second, MailOutcome::Kind::lost);
  }
  while (!held_.empty() && later(held_.begin()->second.mail.seen_at, limits_.held_for) <= began) {
    count_unclaimed(release(held_.begin()->first));
  }
  forget(began);
}

void MailRouter::look_unfinished(TimePoint ended) { unfinished_since_ = std::min(unfinished_since_, ended); }

// Delivers the kept mails without a link whose users have waited long enough for another mail.
void MailRouter::expire_links(TimePoint began) {
  while (!link_deadlines_.empty() && link_deadlines_.begin()->first <= began) {
    const Id id = link_deadlines_.begin()->second;
    deliver(id, *waiting_.at(id).linkless, {});
  }
}

void MailRouter::look_failed(TimePoint now, MailFault fault) {
  failed_since_ = true;
  last_fault_ = fault.error;
  fault_ = std::move(fault);
  tick(now);
}

void MailRouter::tick(TimePoint now) {
  latest_ = std::max(latest_, now);
  expire_blind(now);
  forget(now);
}

void MailRouter::expire_blind(TimePoint now) {
  while (!deadlines_.empty() && later(deadlines_.begin()->first, limits_.blind_grace) <= now) {
    const Id id = deadlines_.begin()->second;
    const auto& linkless = waiting_.at(id).linkless;
    if (linkless) {
      deliver(id, *linkless, {});
    } else {
      end_without_mail(id, MailOutcome::Kind::mailbox_fault);
    }
  }
}

void MailRouter::finish() {
  while (!held_.empty()) count_unclaimed(release(held_.begin()->first));
  while (!waiting_.empty()) end_without_mail(waiting_.begin()->first, MailOutcome::Kind::interrupted);
}

void MailRouter::forget(TimePoint now) {
  while (!ended_.empty() &&
         (ended_.size() > limits_.remembered || later(ended_.front().first, limits_.remembered_for) <= now)) {
    const auto person = people_.find(ended_.front().second);
    if (--person->second.ended == 0) person->second.unmet_since.clear();
    forget_if_idle(person);
    ended_.pop_front();
  }
}

void MailRouter::forget_if_idle(People::iterator person) {
  const Person& rest = person->second;
  if (rest.ended == 0 && rest.waiting.empty() && rest.held.empty()) people_.erase(person);
}

void MailRouter::count(MailResult result, MailFolder folder, Duration delay, std::string_view recipient,
                       bool at_least) {
  const std::size_t at = recipient.rfind('@');
  samples_.push_back({result, folder, delay,
                      at == std::string_view::npos ? std::string() : dimension_value(recipient.substr(at + 1)),
                      at_least});
}

Mailbox::Tally MailRouter::take() {
  Mailbox::Tally tally;
  tally.samples = std::exchange(samples_, {});
  const bool hangs = !waiting_.empty() && long_since_good_look(latest_);
  tally.healthy = !fault_ && !hangs;
  if (fault_) {
    tally.fault = fault_->error;
    tally.fault_detail = fault_->detail;
  } else if (hangs) {
    tally.fault = ErrorClass::mailbox_unreachable;
    tally.fault_detail = "a poll of the mailbox does not end";
  }
  for (const auto& [id, waiting] : waiting_) {
    const TimePoint caused_at = waiting.expectation.caused_at;
    if (last_good_look_ > caused_at) tally.waited.push_back(last_good_look_ - caused_at);
  }
  return tally;
}

}  // namespace gelombang
