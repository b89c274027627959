#include "probes/consent/document.hpp"

#include "base/percent.hpp"
#include "probes/consent/host.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <initializer_list>

namespace gelombang {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr int kVersion = 1;
constexpr std::size_t kMostConsentHosts = 64;
constexpr std::size_t kMaxPaths = 64;
constexpr std::size_t kMaxPathLength = 256;
constexpr std::size_t kMaxContactLength = 254;
constexpr double kMinRate = 1.0 / 3600;  // per second
constexpr double kMaxRate = 1e6;

bool printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

Result<json::object> parse_object(std::string_view text, std::string_view what,
                                  std::initializer_list<std::string_view> fields) {
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return Error{fmt::format("{} is not a JSON object", what)};
  json::object object = std::move(value.get_object());
  for (const auto& [key, unused] : object) {
    if (std::find(fields.begin(), fields.end(), std::string_view(key.data(), key.size())) == fields.end()) {
      return Error{fmt::format("{} has a field that is not known", what)};
    }
  }
  for (const std::string_view field : fields) {
    if (!object.contains({field.data(), field.size()})) return Error{fmt::format("{} has no field '{}'", what, field)};
  }
  return object;
}

using Text = Result<std::string>;

Text text_field(const json::object& object, std::string_view field) {
  const json::string* text = object.at({field.data(), field.size()}).if_string();
  if (text == nullptr) return Error{fmt::format("the field '{}' is not a string", field)};
  return {Text::in_place_value, text->data(), text->size()};
}

Result<std::vector<std::string>> list_field(const json::object& object, std::string_view field) {
  const json::array* list = object.at({field.data(), field.size()}).if_array();
  if (list == nullptr) return Error{fmt::format("the field '{}' is not a list", field)};
  std::vector<std::string> texts;
  for (const json::value& value : *list) {
    const json::string* text = value.if_string();
    if (text == nullptr) return Error{fmt::format("the field '{}' is not a list of strings", field)};
    texts.emplace_back(text->data(), text->size());
  }
  return texts;
}

Result<WallTime> time_field(const json::object& object, std::string_view field) {
  const auto text = text_field(object, field);
  if (!text) return text.error();
  auto time = parse_utc(*text);
  if (!time) return Error{fmt::format("the field '{}': {}", field, time.error().message)};
  return time;
}

Result<void> validate_lists(const Consent& consent) {
  if (consent.hosts.empty() || consent.hosts.size() > kMostConsentHosts) {
    return Error{fmt::format("a consent names 1 to {} hosts", kMostConsentHosts)};
  }
  for (const std::string& host : consent.hosts) {
    if (normalise_host(host) != host) {
      return Error{"a host of the consent is not a plain name or address in lower case, without port or wildcard"};
    }
  }
  if (consent.paths.empty() || consent.paths.size() > kMaxPaths) {
    return Error{fmt::format("a consent names 1 to {} paths; '/' is all of them", kMaxPaths)};
  }
  for (const std::string& path : consent.paths) {
    const bool plain = path.find_first_of("?#% \\") == std::string::npos && printable(path);
    if (path.empty() || path.front() != '/' || path.size() > kMaxPathLength || !plain) {
      return Error{
          fmt::format("a path of the consent is not a plain prefix: it starts with '/', has at most {} "
                      "characters and none of ? # % \\ and space",
                      kMaxPathLength)};
    }
  }
  return {};
}

// Decodes percent escapes before it looks at segments, as servers do, and repeatedly, as several servers in a row do.
bool has_dot_segment(std::string_view path) {
  return in_any_decoding(path, [](std::string_view rest) {
    for (;;) {
      const std::size_t end = rest.find_first_of("/\\");
      const std::string_view segment = rest.substr(0, end);
      const std::string_view name = segment.substr(0, segment.find(';'));
      if (name == "." || name == "..") return true;
      if (end == std::string_view::npos) return false;
      rest.remove_prefix(end + 1);
    }
  });
}

bool prefix_covers(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  return prefix.back() == '/' || path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::string signed_message(std::string_view consent) { return std::string(kConsentContext) + std::string(consent); }

}  // namespace

Result<void> validate(const Consent& consent) {
  if (auto lists = validate_lists(consent); !lists) return lists;
  if (!(consent.max_rate.per_second() >= kMinRate) || consent.max_rate.per_second() > kMaxRate) {
    return Error{"the maximum rate of a consent is between 1/h and 1000000/s"};
  }
  if (consent.not_before >= consent.expires) return Error{"the consent expires before it begins"};
  if (consent.expires - consent.not_before > kMaxConsentLifetime) return Error{"a consent lasts at most 90 days"};
  if (consent.contact.empty() || consent.contact.size() > kMaxContactLength || !printable(consent.contact)) {
    return Error{fmt::format("the contact of a consent has 1 to {} plain ASCII characters", kMaxContactLength)};
  }
  return {};
}

std::string serialise(const Consent& consent) {
  const auto list = [](const std::vector<std::string>& texts) {
    json::array array;
    for (const std::string& text : texts) array.emplace_back(text);
    return array;
  };
  json::object object;
  object["version"] = kVersion;
  object["hosts"] = list(consent.hosts);
  object["paths"] = list(consent.paths);
  object["max_rate"] = fmt::format("{}/s", consent.max_rate.per_second());
  object["not_before"] = format_utc(consent.not_before);
  object["expires"] = format_utc(consent.expires);
  object["contact"] = consent.contact;
  return json::serialize(object);
}

Result<Consent> parse_consent(std::string_view text) {
  const auto object = parse_object(text, "the signed consent",
                                   {"version", "hosts", "paths", "max_rate", "not_before", "expires", "contact"});
  if (!object) return object.error();
  const json::value& version = object->at("version");
  if (!version.is_int64() || version.get_int64() != kVersion) {
    return Error{fmt::format("the consent is not of version {}", kVersion)};
  }
  auto hosts = list_field(*object, "hosts");
  auto paths = list_field(*object, "paths");
  const auto rate_text = text_field(*object, "max_rate");
  const auto not_before = time_field(*object, "not_before");
  const auto expires = time_field(*object, "expires");
  auto contact = text_field(*object, "contact");
  if (!hosts) return hosts.error();
  if (!paths) return paths.error();
  if (!rate_text) return rate_text.error();
  if (!not_before) return not_before.error();
  if (!expires) return expires.error();
  if (!contact) return contact.error();
  const auto rate = parse_rate(*rate_text);
  if (!rate) return Error{"the field 'max_rate' is not a rate such as 200/s"};
  Consent consent{std::move(*hosts), std::move(*paths), *rate, *not_before, *expires, std::move(*contact)};
  if (auto valid = validate(consent); !valid) return valid.error();
  if (serialise(consent) != text) return Error{"the signed consent is not in the form that 'consent sign' writes"};
  return consent;
}

Result<ConsentEnvelope> parse_envelope(std::string_view file) {
  if (file.size() > kMaxConsentFile) return Error{"the consent file is larger than 32 KB"};
  const auto object = parse_object(file, "the consent file", {"consent", "signature"});
  if (!object) return object.error();
  const auto consent_text = text_field(*object, "consent");
  const auto signature_text = text_field(*object, "signature");
  if (!consent_text) return consent_text.error();
  if (!signature_text) return signature_text.error();
  auto consent = from_base64(*consent_text);
  if (!consent) return Error{"the field 'consent' is not base64"};
  const auto signature = from_base64(*signature_text);
  ConsentEnvelope envelope;
  if (!signature || signature->size() != envelope.signature.size()) {
    return Error{"the field 'signature' is not 64 bytes in base64"};
  }
  envelope.consent = std::move(*consent);
  std::copy(signature->begin(), signature->end(), envelope.signature.begin());
  return envelope;
}

Result<std::string> sign_consent(const Consent& consent, const ConsentSecretKey& key) {
  if (auto valid = validate(consent); !valid) return valid.error();
  const std::string bytes = serialise(consent);
  const ConsentSignature signature = key.sign(signed_message(bytes));
  json::object object;
  object["consent"] = to_base64(bytes);
  object["signature"] = to_base64({reinterpret_cast<const char*>(signature.data()), signature.size()});
  std::string file = json::serialize(object) + "\n";
  if (file.size() > kMaxConsentFile) return Error{"the consent would be larger than 32 KB: name fewer hosts and paths"};
  return {Text::in_place_value, std::move(file)};
}

Result<VerifiedConsent> verify_consent(std::string_view file, const ConsentKey& key) {
  const auto envelope = parse_envelope(file);
  if (!envelope) return envelope.error();
  if (!key.verifies(signed_message(envelope->consent), envelope->signature)) {
    return Error{"the signature does not match the consent key"};
  }
  auto consent = parse_consent(envelope->consent);
  if (!consent) return consent.error();
  return VerifiedConsent{std::move(*consent), std::string(envelope->signature.begin(), envelope->signature.end())};
}

Result<void> in_time(const Consent& consent, WallTime now) {
  if (now < consent.not_before) return Error{"it begins at " + format_utc(consent.not_before)};
  if (now >= consent.expires) return Error{"it expired at " + format_utc(consent.expires)};
  return {};
}

Result<void> in_force(const Consent& consent, std::string_view normalised_host, WallTime now) {
  if (std::find(consent.hosts.begin(), consent.hosts.end(), normalised_host) == consent.hosts.end()) {
    return Error{fmt::format("it does not name the host {}", normalised_host)};
  }
  return in_time(consent, now);
}

bool covers_path(const Consent& consent, std::string_view path) {
  path = path.substr(0, path.find_first_of("?#"));
  if (path.empty()) path = "/";
  const bool unclear = has_dot_segment(path);
  return std::any_of(consent.paths.begin(), consent.paths.end(), [&](const std::string& prefix) {
    return prefix == "/" ? path.front() == '/' || path == "*" : !unclear && prefix_covers(prefix, path);
  });
}

}  // namespace gelombang
