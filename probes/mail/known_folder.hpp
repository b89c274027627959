// What is known of a folder's mails: which are history, which wait to be read, and which were handed over. A server may
// renumber the mails at any time; then their dates and their bytes tell them apart.
#pragma once

#include "base/clock.hpp"
#include "metrics/sample.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gelombang {

// How often each value occurs.
template <class Key>
class Multiset {
 public:
  void add(Key key) { ++counts_[key]; }
  bool take(Key key) {
    const auto found = counts_.find(key);
    if (found == counts_.end()) return false;
    if (--found->second == 0) counts_.erase(found);
    return true;
  }

 private:
  std::unordered_map<Key, std::uint32_t> counts_;
};

struct KnownFolder {
  // When mails arrived, in seconds since 1970, by their UID.
  using Dates = std::unordered_map<std::uint32_t, std::int64_t>;
  using Uids = std::vector<std::uint32_t>;

  struct NewMail {
    std::uint32_t uid = 0;
    TimePoint seen_at{};
    bool rescanned = false;
    int attempts = 0;
  };

  MailFolder kind = MailFolder::inbox;
  std::optional<std::uint32_t> uid_validity;
  std::uint32_t last_uid = 0;     // listed up to here
  std::deque<NewMail> new_mails;  // listed, not read yet
  bool history_known = false;
  bool stale = false;   // UIDVALIDITY changed, and the folder was not read again yet
  bool active = false;  // in the account at the moment

  // Adds what came since the last listing.
  void list(const Uids& uids, TimePoint seen_at);
  // At the first listing: all that arrived before `new_since` is history. `whole`: `dates` has all mails of the folder,
  // not just the newest.
  void learn_history(const Uids& uids, const Dates& dates, bool whole, std::int64_t new_since, TimePoint seen_at);
  // The UIDs that we knew are no longer valid.
  void list_again(const Uids& uids, const Dates& dates, TimePoint seen_at);
  // True if this mail was not handed over before. Records that it was.
  [[nodiscard]] bool hand_over(const NewMail& mail, std::string_view bytes);

 private:
  Multiset<std::int64_t> history_;  // arrival dates of mail that was there before us
  std::int64_t history_begins_ = std::numeric_limits<std::int64_t>::min();  // older mail is always history
  Multiset<std::size_t> handed_over_;                                       // hashes of mails
  std::deque<std::size_t> handed_over_order_;
  Multiset<std::size_t> rescan_;  // mails of handed_over_ that were not met again yet
};

}  // namespace gelombang
