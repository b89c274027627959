// How mailboxes call the folder for spam.
#pragma once

#include <string_view>

namespace gelombang {

// Whether the last component of a folder's name is one of the names in common use, without case.
// "[Gmail]/Spam", "INBOX.Junk", "Junk E-mail", "Email Sampah". Not "Sampah": that is the bin.
bool is_spam_folder_name(std::string_view name, char delimiter) noexcept;

}  // namespace gelombang
