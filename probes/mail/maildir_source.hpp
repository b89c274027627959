// Mail in a Maildir: new/ and cur/ of the folder itself and of its spam folders, which are
// sub-directories as Maildir++ names them (".Junk", ".INBOX.Spam") or plain ones ("Spam").
// Nothing is written, moved or marked.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "probes/mail/source.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace gelombang {

// Mail that is there at this moment is history. An Error if `directory` is no Maildir, cannot be read or holds more
// than `max_mails` (a million). If it holds more later, each look is a fault.
Result<std::unique_ptr<MailSource>> open_maildir(std::string directory, const Clock& clock);
Result<std::unique_ptr<MailSource>> open_maildir(std::string directory, const Clock& clock, std::size_t max_mails);

}  // namespace gelombang
