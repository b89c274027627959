// What an owner consents to, and the signed file that says so.
//
//   {"consent": "<base64 of the exact JSON bytes>", "signature": "<base64>"}
//
// The signature is over kConsentContext followed by those bytes. The inner JSON has only one valid spelling, the output
// of serialise(): the same fields in any other form are refused.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/units.hpp"
#include "probes/consent/key.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

inline constexpr std::string_view kConsentPath = "/.well-known/gelombang-consent.json";
inline constexpr std::string_view kConsentContext = "gelombang consent 1\n";
inline constexpr std::size_t kMaxConsentFile = 32 * 1024;  // bytes
inline constexpr Duration kMaxConsentLifetime = std::chrono::hours(24 * 90);

struct Consent {
  std::vector<std::string> hosts;  // exact names as normalise_host() spells them
  std::vector<std::string> paths;  // prefixes, whole segments: "/api" is /api and /api/x, not /apiary
  Rate max_rate;                   // of the whole plan, retries and redirect hops included
  WallTime not_before{};           // whole seconds
  WallTime expires{};              // the first second without consent
  std::string contact;             // whom to call when something breaks
  friend bool operator==(const Consent&, const Consent&) = default;
};

// Checks the limits that apply to signing and to reading: counts, lengths, spelling, lifetime, rate.
Result<void> validate(const Consent& consent);
std::string serialise(const Consent& consent);
// Parses and validates the inner JSON.
Result<Consent> parse_consent(std::string_view json);

struct ConsentEnvelope {
  std::string consent;  // the signed bytes
  ConsentSignature signature{};
};
Result<ConsentEnvelope> parse_envelope(std::string_view file);

struct VerifiedConsent {
  Consent consent;
  std::string id;  // the signature: one document, one id
};
// The whole file in its published form.
Result<std::string> sign_consent(const Consent& consent, const ConsentSecretKey& key);
Result<VerifiedConsent> verify_consent(std::string_view file, const ConsentKey& key);

// Whether the consent has begun and has not expired. The error is one line with the reason.
Result<void> in_time(const Consent& consent, WallTime now);
// The same, and whether the consent names this host.
Result<void> in_force(const Consent& consent, std::string_view normalised_host, WallTime now);
// Whether one of the consent's prefixes covers the path. Only "/" covers a path whose segments could be read in two
// ways ("..", "%2e", "..;"). Query and fragment are ignored.
[[nodiscard]] bool covers_path(const Consent& consent, std::string_view path);

// RFC 3339 in UTC with whole seconds, "2026-03-01T05:00:00Z"; nothing else.
Result<WallTime> parse_utc(std::string_view text);
std::string format_utc(WallTime time);

}  // namespace gelombang
