// Mail in an IMAP account: INBOX and the spam folders, over one connection. A mail that is read is
// marked as seen on the server, nothing else is changed there.
//
// New mail is recognised by UID. If UIDVALIDITY changes, the folder is read again. Mail that was handed over before is
// then recognised by its bytes, and mail that was there before us by its date of arrival.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "probes/mail/options.hpp"
#include "probes/mail/source.hpp"

#include <memory>

namespace gelombang {

// Does not contact the server yet: the first look that succeeds learns what is history.
Result<std::unique_ptr<MailSource>> open_imap(const MailboxOptions& options, const Clock& clock);

}  // namespace gelombang
