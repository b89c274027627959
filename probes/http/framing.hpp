// Where an HTTP/1 response ends, as its header section says (RFC 9112, 4 to 6). libcurl 7.88 has its own
// interpretation. It accepts responses that a client must refuse because two readers would end them at different
// places.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gelombang {

class HttpFraming {
 public:
  // Begins a section with its status line, "HTTP/1.1 200 OK\r\n". Returns the status, 100 to 999; 0 if it is no status
  // line.
  int begin(std::string_view line) noexcept;
  // Adds a field; its value has no blanks around it. `exact`: no blank before the colon, no line folded into it.
  void add(std::string_view name, std::string_view value, bool exact) noexcept;

  // At the end of the section: why the response must not be used; null if it may be used. `bodyless`: the response ends
  // here, whatever its headers say (HEAD, 1xx, 204, 304).
  [[nodiscard]] const char* fault(bool bodyless) const noexcept;
  [[nodiscard]] bool chunked() const noexcept { return chunked_; }
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
  // The headers say two things about the end. The response may be read, but nothing after it on the same connection.
  [[nodiscard]] bool ambiguous() const noexcept { return coded_ && length_; }

 private:
  void add_length(std::string_view value) noexcept;
  void add_codings(std::string_view value) noexcept;
  void add_coding(std::string_view coding) noexcept;
  void blame(const char* fault) noexcept;

  const char* fault_ = nullptr;
  std::optional<std::uint64_t> length_;
  bool http1_0_ = false;
  bool interim_ = false;
  bool coded_ = false;
  bool chunked_ = false;
};

}  // namespace gelombang
