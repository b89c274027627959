// The bytes that a target sends as its consent, and the names and paths in redirects.
// Run: mkdir -p build/fuzz/found && build/fuzz/fuzz/fuzz_consent build/fuzz/found tests/fuzz_corpus/consent.
// Add an input that breaks something to tests/fuzz_corpus/consent, which a unit test replays.
#include "probes/consent/document.hpp"
#include "probes/consent/host.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto envelope = parse_envelope(text)) {
    must(size <= kMaxConsentFile);
    (void)parse_consent(envelope->consent);
  }
  if (const auto consent = parse_consent(text)) {
    must(validate(*consent).has_value());
    must(serialise(*consent) == text);
    for (const auto& host : consent->hosts) must(in_force(*consent, host, consent->not_before).has_value());
    for (const auto& path : consent->paths) must(covers_path(*consent, path) || path.find("/.") != path.npos);
  }
  if (const auto host = normalise_host(text)) must(normalise_host(*host) == host);
  if (const auto time = parse_utc(text)) must(format_utc(*time) == text);
  const Consent narrow{{"a.example"}, {"/api"}, Rate::per_second(1), {}, {}, "x"};
  if (covers_path(narrow, text)) must(text.starts_with("/api"));
  return 0;
}
