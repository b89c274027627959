#include "probes/mail/known_folder.hpp"

#include <algorithm>
#include <functional>

namespace gelombang {
namespace {

constexpr std::size_t kMaxRemembered = 200'000;

}  // namespace

void KnownFolder::list(const Uids& uids, TimePoint seen_at) {
  for (const std::uint32_t uid : uids) new_mails.push_back({uid, seen_at});
  // The last listed UID, not the one that the server called its newest: one wrong number would hide all later mail.
  if (!uids.empty()) last_uid = uids.back();
}

void KnownFolder::learn_history(const Uids& uids, const Dates& dates, bool whole, std::int64_t new_since,
                                TimePoint seen_at) {
  for (const std::uint32_t uid : uids) {
    const std::int64_t date = dates.at(uid);
    if (date >= new_since) {
      new_mails.push_back({uid, seen_at});
    } else {
      history_.add(date);
    }
  }
  if (!whole && !dates.empty()) {
    history_begins_ = std::min_element(dates.begin(), dates.end(), [](const auto& a, const auto& b) {
                        return a.second < b.second;
                      })->second;
  }
  history_known = true;
}

void KnownFolder::list_again(const Uids& uids, const Dates& dates, TimePoint seen_at) {
  Multiset<std::int64_t> history = history_;
  rescan_ = handed_over_;
  new_mails.clear();
  for (const std::uint32_t uid : uids) {
    const std::int64_t date = dates.at(uid);
    const bool known = date < history_begins_ || history.take(date);
    if (!known) new_mails.push_back({uid, seen_at, true});
  }
  last_uid = uids.empty() ? 0 : uids.back();
  stale = false;
}

bool KnownFolder::hand_over(const NewMail& mail, std::string_view bytes) {
  const std::size_t hash = std::hash<std::string_view>()(bytes);
  if (mail.rescanned && rescan_.take(hash)) return false;
  handed_over_.add(hash);
  handed_over_order_.push_back(hash);
  if (handed_over_order_.size() > kMaxRemembered) {
    handed_over_.take(handed_over_order_.front());
    handed_over_order_.pop_front();
  }
  return true;
}

}  // namespace gelombang
