// The header lines of a request as libcurl reads them. Each request reuses the memory of the last one, because
// libcurl's own list costs two allocations per line.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class HeaderLines {
 public:
  void clear() noexcept;
  // Adds a line made of `pieces`.
  void add(std::initializer_list<std::string_view> pieces);
  // For CURLOPT_HTTPHEADER; valid until the next add or clear. Null if there is no line.
  curl_slist* list();

 private:
  std::string text_;                 // the lines, each with a zero byte at its end
  std::vector<std::size_t> starts_;  // of the lines in text_
  std::vector<curl_slist> nodes_;
};

}  // namespace gelombang
