#include "probes/mail/url.hpp"

#include "base/ascii.hpp"
#include "base/percent.hpp"
#include "probes/url.hpp"

#include <arpa/inet.h>
#include <glib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace gelombang {
namespace {

using std::string_view;

bool is_slash(char c) { return c == '/' || c == '\\'; }

std::string stripped(string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  std::string clean;
  std::copy_if(text.begin(), text.end(), std::back_inserter(clean),
               [](char c) { return c != '\n' && c != '\r' && c != '\t'; });
  return clean;
}

// Removes "scheme:" from the front and returns the scheme in lower case; empty if there is none.
std::string take_scheme(string_view& text) {
  if (text.empty() || !is_letter(text.front())) return {};
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
  if (end == string_view::npos || text[end] != ':') return {};
  std::string scheme(text.substr(0, end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), ascii_lower);
  text.remove_prefix(end + 1);
  return scheme;
}

// Removes and returns the text before the first of `ends`.
string_view take_until(string_view& text, string_view ends) {
  const string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

void append_encoded(std::string& to, string_view text, string_view unfit) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f && unfit.find(c) == string_view::npos) {
      to.push_back(c);
    } else {
      append_percent_encoded(to, c);
    }
  }
}

// The host in ASCII and lower case; nullopt if it is invalid.
std::optional<std::string> mend_host(string_view text) {
  if (text.starts_with('[')) {
    std::array<unsigned char, 16> bytes{};
    const bool closed = text.size() > 2 && text.back() == ']';
    if (!closed || inet_pton(AF_INET6, std::string(text.substr(1, text.size() - 2)).c_str(), bytes.data()) != 1) {
      return std::nullopt;
    }
    return std::string(text);
  }
  std::string host = percent_decoded(text);
  if (std::any_of(host.begin(), host.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; })) {
    if (g_utf8_validate(host.data(), static_cast<gssize>(host.size()), nullptr) == FALSE) return std::nullopt;
    const std::unique_ptr<char, void (*)(void*)> ascii(g_hostname_to_ascii(host.c_str()), &g_free);
    if (!ascii) return std::nullopt;
    host = ascii.get();
  }
  std::transform(host.begin(), host.end(), host.begin(), ascii_lower);
  const bool fit = !host.empty() && std::none_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || string_view("#/<>?@[\\]^|%:\x7f").find(c) != string_view::npos;
  });
  return fit ? std::optional(host) : std::nullopt;
}

// ":8080", or empty for the scheme's own port; nullopt if it is invalid.
std::optional<std::string> mend_port(string_view digits, string_view scheme) {
  if (!std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
  if (digits.empty()) return std::string();
  digits.remove_prefix(std::min(digits.size(), digits.find_first_not_of('0')));
  const int port = digits.empty() || digits.size() > 5 ? 0 : std::stoi(std::string(digits));
  if (port < 1 || port > 65535) return std::nullopt;
  return port == (scheme == "https" ? 443 : 80) ? std::string() : ":" + std::to_string(port);
}

std::string mend_path(string_view path) {
  const auto dots_of = [](string_view segment) -> int {
    int dots = 0;
    while (!segment.empty() && dots <= 2) {
      const bool plain = segment.front() == '.';
      if (!plain && !segment.starts_with("%2e") && !segment.starts_with("%2E")) return 0;
      segment.remove_prefix(plain ? 1 : 3);
      ++dots;
    }
    return dots <= 2 ? dots : 0;
  };
  std::vector<std::string> segments;
  if (!path.empty()) path.remove_prefix(1);
  for (bool last = false; !last;) {
    const string_view segment = take_until(path, "/\\");
    last = path.empty();
    if (!last) path.remove_prefix(1);
    const int dots = dots_of(segment);
    if (dots == 2 && !segments.empty()) segments.pop_back();
    if (dots > 0 && !last) continue;
    segments.emplace_back();
    if (dots == 0) append_encoded(segments.back(), segment, "\"#<>?`{}^");
  }
  std::string mended;
  for (const std::string& segment : segments) mended.append("/").append(segment);
  return mended;
}

// `rest`: the text after the scheme and its slashes.
std::string mend_absolute(string_view scheme, string_view rest) {
  string_view authority = take_until(rest, "/\\?#");
  if (const std::size_t user = authority.rfind('@'); user != string_view::npos) authority.remove_prefix(user + 1);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == string_view::npos ? 0 : bracket);
  const auto host = mend_host(authority.substr(0, colon));
  const auto port = mend_port(colon == string_view::npos ? string_view() : authority.substr(colon + 1), scheme);
  if (!host || !port) return {};
  std::string url = std::string(scheme) + "://" + *host + *port;
  url += mend_path(take_until(rest, "?#"));
  if (rest.starts_with('?')) {
    rest.remove_prefix(1);
    append_encoded(url += '?', take_until(rest, "#"), "\"#<>'");
  }
  if (rest.starts_with('#')) append_encoded(url += '#', rest.substr(1), "\"<>`");
  return url;
}

// Resolves `reference`, which has no scheme, relative to `base`. Returns all that follows the scheme and its slashes.
std::string resolved(string_view base, string_view reference) {
  base = base.substr(0, base.find('#'));
  const std::size_t slashes = base.find("//");
  if (slashes == string_view::npos) return {};  // relative to nothing
  base.remove_prefix(slashes + 2);
  if (reference.size() >= 2 && is_slash(reference[0]) && is_slash(reference[1])) return std::string(reference);
  const string_view path = base.substr(0, base.find('?'));
  string_view kept = base;
  if (reference.starts_with('?')) {
    kept = path;
  } else if (!reference.empty() && is_slash(reference.front())) {
    kept = path.substr(0, path.find('/'));
  } else if (!reference.empty() && reference.front() != '#') {
    kept = path.substr(0, path.rfind('/') + 1);
  }
  return std::string(kept) + std::string(reference);
}

}  // namespace

std::string mend_url(string_view text, string_view base) {
  if (text.size() > 2 * kMaxLinkUrlBytes) return {};
  std::string address = stripped(text);
  string_view rest = address;
  std::string scheme = take_scheme(rest);
  if (scheme.empty()) {
    if (base.empty()) return {};
    address = resolved(base, rest);
    rest = base;
    scheme = take_scheme(rest);
    rest = address;
  }
  if (scheme != "http" && scheme != "https") return {};
  rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of("/\\")));
  std::string url = mend_absolute(scheme, rest);
  // What libcurl's parser refuses must not reach a script, which could only pass it on.
  return url.size() <= kMaxLinkUrlBytes && parse_http_url(url) ? url : std::string();
}

}  // namespace gelombang
