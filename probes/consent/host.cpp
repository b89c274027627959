#include "probes/consent/host.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), is_digit);
}

bool is_label(std::string_view label) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_'; };
  return !label.empty() && label.size() <= kLongestLabel && std::all_of(label.begin(), label.end(), allowed);
}

// Some parsers read a host as an IPv4 address if its last label is a number, decimal or hexadecimal.
bool is_numeric(std::string_view label) {
  if (label.substr(0, 2) == "0x") return true;
  return std::all_of(label.begin(), label.end(), is_digit);
}

std::optional<std::string> literal(std::string_view text) {
  const auto address = parse_address(text);
  if (!address) return std::nullopt;
  return format_address(*address);
}

}  // namespace

std::optional<std::string> normalise_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view rest = host.substr(end + 1);
    const std::string_view inner = host.substr(1, end - 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return std::nullopt;
    return inner.find(':') == std::string_view::npos ? std::nullopt : literal(inner);
  }
  if (auto canonical = literal(host)) return canonical;

  std::string name(host);
  if (const std::size_t colon = name.find(':'); colon != std::string::npos) {
    if (!is_port(std::string_view(name).substr(colon + 1))) return std::nullopt;
    name.resize(colon);
    if (auto canonical = literal(name)) return canonical;
  }
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (name.empty() || name.size() > kLongestName) return std::nullopt;
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  std::string_view rest = name;
  for (;;) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (!is_label(label)) return std::nullopt;
    if (dot == std::string_view::npos) return is_numeric(label) ? literal(name) : std::optional<std::string>(name);
    rest.remove_prefix(dot + 1);
  }
}

const NamedHost& read_host(std::string_view host) {
  thread_local NamedHost last;
  if (last.name && last.as_named == host) return last;
  NamedHost named;  // all or nothing: an allocation may fail in between
  named.as_named = host;
  named.name = normalise_host(host);
  if (named.name) named.address = parse_address(*named.name);
  if (named.address) named.facts = classify(*named.address);
  last = std::move(named);
  return last;
}

bool needs_named_consent(std::string_view host) noexcept { return host == "go.id" || host.ends_with(".go.id"); }

}  // namespace gelombang
