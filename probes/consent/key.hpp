// The ed25519 keys of a consent. The owner signs with the secret key; whoever runs a test gets the public key.
#pragma once

#include "base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace gelombang {

using ConsentSignature = std::array<std::uint8_t, 64>;

class ConsentKey {
 public:
  static constexpr std::size_t kBytes = 32;
  explicit ConsentKey(const std::array<std::uint8_t, kBytes>& bytes) : bytes_(bytes) {}

  // "gelombang-consent-key:<base64>", surrounding white space ignored.
  static Result<ConsentKey> parse(std::string_view text);
  // Takes a file that holds that text, or the text itself.
  static Result<ConsentKey> load(const std::string& file_or_text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool verifies(std::string_view message, const ConsentSignature& signature) const;
  friend bool operator==(const ConsentKey&, const ConsentKey&) = default;

 private:
  std::array<std::uint8_t, kBytes> bytes_;
};

// Wiped on destruction; cannot be copied or printed.
class ConsentSecretKey {
 public:
  static Result<ConsentSecretKey> generate();
  // Reads a file that save() wrote. Refuses a file that others than its owner may read.
  static Result<ConsentSecretKey> load(const std::string& path);
  ~ConsentSecretKey();
  ConsentSecretKey(ConsentSecretKey&& other) noexcept;
  ConsentSecretKey(const ConsentSecretKey&) = delete;
  ConsentSecretKey& operator=(const ConsentSecretKey&) = delete;

  // Creates `path` with mode 0600; refuses to replace a file.
  [[nodiscard]] Result<void> save(const std::string& path) const;
  [[nodiscard]] ConsentKey public_key() const;
  [[nodiscard]] ConsentSignature sign(std::string_view message) const;

 private:
  static constexpr std::size_t kBytes = 64;  // libsodium's form: seed and public key
  ConsentSecretKey() = default;
  std::array<std::uint8_t, kBytes> bytes_{};
};

// Standard base64 with padding, strict: no white space, no other spelling of the same bytes.
std::string to_base64(std::string_view bytes);
Result<std::string> from_base64(std::string_view text);

}  // namespace gelombang
