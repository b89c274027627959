// The body of a request as libcurl reads it: a plain text or the parts of a multipart form. The body owns only the
// framing between the parts; all requests that send the data of a part share them.
#pragma once

#include "probes/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

class HttpBody {
 public:
  HttpBody() = default;
  // `request` must outlive the body. `boundary` is 1 to 70 letters and digits, and is used only for parts.
  HttpBody(const HttpRequest& request, std::string_view boundary);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  // Bytes that libcurl has taken.
  [[nodiscard]] std::uint64_t taken() const noexcept { return read_; }
  [[nodiscard]] bool exhausted() const noexcept { return read_ == size_; }
  // "multipart/form-data; boundary=..." or empty.
  [[nodiscard]] const std::string& content_type() const noexcept { return content_type_; }
  // The body if it is in one piece, otherwise empty.
  [[nodiscard]] std::string_view single() const noexcept;

  std::size_t read(char* to, std::size_t room) noexcept;

 private:
  void add(std::string_view segment);

  std::vector<std::string> framing_;
  std::vector<std::string_view> segments_;
  std::string content_type_;
  std::uint64_t size_ = 0;
  std::uint64_t read_ = 0;
  std::size_t segment_ = 0;  // the segment being read
  std::size_t offset_ = 0;   // within it
};

}  // namespace gelombang
