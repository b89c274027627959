// Mail in an IMAP account: INBOX and the spam folders, over one connection. A mail that is read is
// marked as seen on the server, nothing else is changed there.
//
// What is new is known by UID. Where UIDVALIDITY changes, the folder is read again and what was handed
// over before is recognised by its bytes, what was there before we came by its date of arrival.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "probes/mail/options.hpp"
#include "probes/mail/source.hpp"

#include <memory>

namespace gelombang {

// The server is not asked yet: the first look that succeeds learns what is history.
Result<std::unique_ptr<MailSource>> open_imap(const MailboxOptions& options, const Clock& clock);

}  // namespace gelombang
