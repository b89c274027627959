#include "metrics/exposition/served_names.hpp"

#include "base/json_writer.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace gelombang {
namespace {

constexpr std::size_t kLongestName = 253;

std::string normal(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kLongestName && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

bool is_address(int family, std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return false;  // inet_pton would stop reading there
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(family, std::string(text).c_str(), bytes.data()) == 1;
}

bool is_port(std::string_view text) {
  return text.empty() || (text.front() == ':' && text.size() <= 6 &&
                          std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

}  // namespace

ServedNames::ServedNames() {
  names_.insert("localhost");
  std::array<char, 256> own{};
  if (::gethostname(own.data(), own.size() - 1) != 0) return;
  const std::string name = normal(own.data());
  if (!is_name(name)) return;
  names_.insert(name.substr(0, name.find('.')));
  names_.insert(name);
}

Result<ServedNames> ServedNames::with(const std::vector<std::string>& further) {
  ServedNames names;
  for (const std::string& name : further) {
    if (!is_name(normal(name)))
      return Error{fmt::format("'{}': expected a host's name without a port", printable(name))};
    names.names_.insert(normal(name));
  }
  return names;
}

bool ServedNames::serve(std::string_view host) const {
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    return end != std::string_view::npos && is_port(host.substr(end + 1)) &&
           is_address(AF_INET6, host.substr(1, end - 1));
  }
  const auto colon = std::min(host.find(':'), host.size());
  const std::string_view name = host.substr(0, colon);
  return is_port(host.substr(colon)) && (is_address(AF_INET, name) || names_.contains(normal(name)));
}

}  // namespace gelombang
