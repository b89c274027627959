#include "probes/mail/folder.hpp"

#include <algorithm>
#include <array>

namespace gelombang {

bool is_spam_folder_name(std::string_view name, char delimiter) noexcept {
  // As IMAP lists them, hence the modified UTF-7.
  static constexpr std::array<std::string_view, 20> kNames{"spam",
                                                           "junk",
                                                           "junk e-mail",
                                                           "junk email",
                                                           "junk mail",
                                                           "junk-e-mail",
                                                           "bulk",
                                                           "bulk mail",
                                                           "[spam]",
                                                           "kotak spam",
                                                           "folder spam",
                                                           "email sampah",
                                                           "e-mail sampah",
                                                           "surel sampah",
                                                           "spamverdacht",
                                                           "correo no deseado",
                                                           "courrier ind&aok-sirable",
                                                           "lixo eletr&apq-nico",
                                                           "posta indesiderata",
                                                           "ongewenste e-mail"};
  if (delimiter != '\0') name.remove_prefix(std::min(name.size(), name.rfind(delimiter) + 1));
  return std::any_of(kNames.begin(), kNames.end(), [name](std::string_view known) {
    return std::equal(known.begin(), known.end(), name.begin(), name.end(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
    });
  });
}

}  // namespace gelombang
