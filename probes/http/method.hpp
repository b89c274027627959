// The methods of requests, and their names: as they are sent, and as scripts use them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gelombang {

enum class HttpMethod : std::uint8_t { get, head, post, put, patch, delete_, options };

struct HttpMethodNames {
  const char* sent;
  const char* script;
};

// In the order of the enumeration.
inline constexpr std::array<HttpMethodNames, 7> kHttpMethods{{{"GET", "get"},
                                                              {"HEAD", "head"},
                                                              {"POST", "post"},
                                                              {"PUT", "put"},
                                                              {"PATCH", "patch"},
                                                              {"DELETE", "delete"},
                                                              {"OPTIONS", "options"}}};

// The same objects each time.
constexpr const HttpMethodNames& names_of(HttpMethod method) noexcept {
  return kHttpMethods[static_cast<std::size_t>(method)];
}

// The method with this sent name; nullopt if there is none.
constexpr std::optional<HttpMethod> http_method(std::string_view sent) noexcept {
  for (std::size_t i = 0; i < kHttpMethods.size(); ++i) {
    if (kHttpMethods[i].sent == sent) return static_cast<HttpMethod>(i);
  }
  return std::nullopt;
}

}  // namespace gelombang
