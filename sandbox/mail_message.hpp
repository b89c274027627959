// The verification mail: multipart/alternative, with text and HTML.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

struct VerificationMail {
  std::int64_t id = 0;         // of the queue; with queued_at it names the Message-ID and the file,
  std::int64_t queued_at = 0;  // which stay the same at every attempt. Unix milliseconds
  std::string recipient;       // only a-z, 0-9, '.', '@'
  std::string name;            // UTF-8
  std::string link;
  std::int64_t sent_at = 0;  // Unix seconds
  bool spam = false;         // meant for the spam folder
};

// The whole message, header and body. Lines end with \r\n and have at most 78 bytes.
std::string format_mail(const VerificationMail& mail);
// RFC 2045, section 6.7.
std::string quoted_printable(std::string_view text);
// "Thu, 04 Mar 2021 05:00:00 +0000"
std::string mail_date(std::int64_t unix_seconds);

inline constexpr std::string_view kMailSender = "no-reply@prakerja-sandbox.test";

}  // namespace gelombang::sandbox
