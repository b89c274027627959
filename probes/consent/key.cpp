#include "probes/consent/key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace gelombang {
namespace {

constexpr std::string_view kPublicPrefix = "gelombang-consent-key:";
constexpr std::string_view kSecretPrefix = "gelombang-consent-secret-key:";
constexpr std::size_t kMaxKeyFile = 4096;

std::string reason() { return std::generic_category().message(errno); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string_view without_space_around(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kSpace) - from + 1);
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_;
};

using Text = Result<std::string>;

Text read_key_file(const std::string& path, bool secret) {
  const File file(path, O_RDONLY);
  if (file.fd() < 0) return Error{fmt::format("cannot read the key file {}: {}", path, reason())};
  struct stat facts {};
  if (fstat(file.fd(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return Error{fmt::format("cannot read the key file {}: not a regular file", path)};
  }
  if (secret && (facts.st_mode & 077) != 0) {
    return Error{fmt::format("the secret key file {} can be read by others: make it private with chmod 600", path)};
  }
  std::string text(kMaxKeyFile, '\0');
  const ssize_t size = ::read(file.fd(), text.data(), text.size());
  if (size < 0) return Error{fmt::format("cannot read the key file {}: {}", path, reason())};
  text.resize(static_cast<std::size_t>(size));
  return {Text::in_place_value, std::move(text)};
}

Result<std::string> decode_key(std::string_view text, std::string_view prefix, std::size_t size) {
  text = without_space_around(text);
  if (!text.starts_with(prefix)) return Error{fmt::format("expected a line that starts with '{}'", prefix)};
  auto bytes = from_base64(text.substr(prefix.size()));
  if (!bytes || bytes->size() != size)
    return Error{fmt::format("expected {} bytes in base64 after '{}'", size, prefix)};
  return bytes;
}

Result<void> sodium_ready() {
  if (sodium_init() < 0) return Error{"the cryptographic library cannot be initialised"};
  return {};
}

}  // namespace

std::string to_base64(std::string_view bytes) {
  std::string text(sodium_base64_encoded_len(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(text.data(), text.size(), bytes_of(bytes), bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  text.pop_back();  // the terminator
  return text;
}

Result<std::string> from_base64(std::string_view text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  const int code = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                     text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL);
  if (code != 0 || end != text.data() + text.size()) return Error{"not valid base64"};
  bytes.resize(size);
  return {Text::in_place_value, std::move(bytes)};
}

Result<ConsentKey> ConsentKey::parse(std::string_view text) {
  const auto bytes = decode_key(text, kPublicPrefix, kBytes);
  if (!bytes) return Error{"not a consent key: " + bytes.error().message};
  std::array<std::uint8_t, kBytes> key{};
  std::copy(bytes->begin(), bytes->end(), key.begin());
  return ConsentKey(key);
}

Result<ConsentKey> ConsentKey::load(const std::string& file_or_text) {
  if (file_or_text.starts_with(kPublicPrefix)) return parse(file_or_text);
  const auto text = read_key_file(file_or_text, false);
  if (!text) return text.error();
  if (without_space_around(*text).starts_with(kSecretPrefix)) {
    return Error{fmt::format("{} holds a secret key: give the public one, which stays with whoever runs the test",
                             file_or_text)};
  }
  auto key = parse(*text);
  if (!key) return Error{fmt::format("{}: {}", file_or_text, key.error().message)};
  return key;
}

std::string ConsentKey::text() const {
  return std::string(kPublicPrefix) + to_base64({reinterpret_cast<const char*>(bytes_.data()), bytes_.size()});
}

bool ConsentKey::verifies(std::string_view message, const ConsentSignature& signature) const {
  return sodium_ready() &&
         crypto_sign_verify_detached(signature.data(), bytes_of(message), message.size(), bytes_.data()) == 0;
}

Result<ConsentSecretKey> ConsentSecretKey::generate() {
  if (const auto ready = sodium_ready(); !ready) return ready.error();
  ConsentSecretKey key;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> unused{};
  crypto_sign_keypair(unused.data(), key.bytes_.data());
  return key;
}

Result<ConsentSecretKey> ConsentSecretKey::load(const std::string& path) {
  if (const auto ready = sodium_ready(); !ready) return ready.error();
  auto text = read_key_file(path, true);
  if (!text) return text.error();
  auto seed = decode_key(*text, kSecretPrefix, crypto_sign_SEEDBYTES);
  sodium_memzero(text->data(), text->size());
  if (!seed) return Error{fmt::format("{} is not a secret consent key: {}", path, seed.error().message)};
  ConsentSecretKey key;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> unused{};
  crypto_sign_seed_keypair(unused.data(), key.bytes_.data(), bytes_of(*seed));
  sodium_memzero(seed->data(), seed->size());
  return key;
}

ConsentSecretKey::~ConsentSecretKey() { sodium_memzero(bytes_.data(), bytes_.size()); }

ConsentSecretKey::ConsentSecretKey(ConsentSecretKey&& other) noexcept : bytes_(other.bytes_) {
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
}

Result<void> ConsentSecretKey::save(const std::string& path) const {
  const File file(path, O_WRONLY | O_CREAT | O_EXCL);
  if (file.fd() < 0) {
    const std::string why = errno == EEXIST ? "it exists already, and a key is never replaced" : reason();
    return Error{fmt::format("cannot create the key file {}: {}", path, why)};
  }
  std::string text(kSecretPrefix);
  text += to_base64({reinterpret_cast<const char*>(bytes_.data()), crypto_sign_SEEDBYTES});
  text += '\n';
  const bool written =
      ::write(file.fd(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file.fd()) == 0;
  const std::string why = written ? "" : reason();
  sodium_memzero(text.data(), text.size());
  if (written) return {};
  ::unlink(path.c_str());
  return Error{fmt::format("cannot write the key file {}: {}", path, why)};
}

ConsentKey ConsentSecretKey::public_key() const {
  std::array<std::uint8_t, ConsentKey::kBytes> key{};
  std::copy(bytes_.begin() + crypto_sign_SEEDBYTES, bytes_.end(), key.begin());
  return ConsentKey(key);
}

ConsentSignature ConsentSecretKey::sign(std::string_view message) const {
  ConsentSignature signature{};
  crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(), bytes_.data());
  return signature;
}

}  // namespace gelombang
