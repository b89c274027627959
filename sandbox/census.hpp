// How many people have completed each step, counted in the database and not in separate variables.
#pragma once

#include <cstdint>

namespace gelombang::sandbox {

class DbConnection;

struct Census {
  std::int64_t accounts = 0;
  std::int64_t seeded = 0;  // of these, created by the operator
  std::int64_t verified = 0;
  std::int64_t identities = 0;
  std::int64_t photos = 0;         // people with an accepted photo
  std::int64_t photo_uploads = 0;  // accepted uploads, including repeated ones
  std::int64_t photo_bytes = 0;
  std::int64_t tests = 0;
  std::int64_t joins = 0;     // in the latest wave
  std::int64_t selected = 0;  // in the latest wave
  std::int64_t mails = 0;     // all mails ever queued
  std::int64_t mails_queued = 0;
  std::int64_t mails_inbox = 0;
  std::int64_t mails_spam = 0;
  std::int64_t mails_lost = 0;
  std::int64_t mails_refused = 0;
  std::int64_t mails_expired = 0;
};

Census take_census(DbConnection& connection);

}  // namespace gelombang::sandbox
