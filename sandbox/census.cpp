#include "sandbox/census.hpp"

#include "sandbox/database.hpp"
#include "sandbox/mail_queue.hpp"

namespace gelombang::sandbox {

Census take_census(DbConnection& connection) {
  Census census;
  {
    Query row(connection,
              "SELECT count(*), count(seed), count(verified_at), count(nik), count(photo_file), "
              "coalesce(sum(photo_uploads), 0), coalesce(sum(photo_bytes), 0), count(test_at) FROM accounts");
    row.next();
    census.accounts = row.integer(0);
    census.seeded = row.integer(1);
    census.verified = row.integer(2);
    census.identities = row.integer(3);
    census.photos = row.integer(4);
    census.photo_uploads = row.integer(5);
    census.photo_bytes = row.integer(6);
    census.tests = row.integer(7);
  }
  {
    Query row(connection,
              "SELECT count(*), coalesce(sum(selected), 0) FROM joins WHERE wave = (SELECT max(id) FROM waves)");
    row.next();
    census.joins = row.integer(0);
    census.selected = row.integer(1);
  }
  Query rows(connection, "SELECT state, count(*) FROM mails GROUP BY state");
  while (rows.next()) {
    const std::int64_t count = rows.integer(1);
    census.mails += count;
    switch (static_cast<MailState>(rows.integer(0))) {
      case MailState::queued: census.mails_queued = count; break;
      case MailState::inbox: census.mails_inbox = count; break;
      case MailState::spam: census.mails_spam = count; break;
      case MailState::lost: census.mails_lost = count; break;
      case MailState::refused: census.mails_refused = count; break;
      case MailState::expired: census.mails_expired = count; break;
    }
  }
  return census;
}

}  // namespace gelombang::sandbox
