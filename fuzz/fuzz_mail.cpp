// Bytes of a mail, as a mailbox may contain them. Add inputs that crash to the seeds in tests/fuzz_corpus/mail, which
// the unit tests replay.
#include "probes/mail/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const gelombang::MailMessage mail = gelombang::parse_mail(bytes, "collector@peserta.test");
  gelombang::find_link(mail.links, "Verifikasi Email Sekarang");
  return 0;
}
