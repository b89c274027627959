// How mailboxes name their spam folders.
#pragma once

#include <string_view>

namespace gelombang {

// Whether the last component of a folder's name is a common name of a spam folder, whatever its case: "[Gmail]/Spam",
// "INBOX.Junk", "Junk E-mail", "Email Sampah". Not "Sampah": that is the bin.
bool is_spam_folder_name(std::string_view name, char delimiter) noexcept;

}  // namespace gelombang
