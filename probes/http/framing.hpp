// Where an HTTP/1 answer ends, as its header section says (RFC 9112, 4 to 6). libcurl 7.88 goes by its own reading and
// accepts answers that a client must refuse, because two readers would end them at different places.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gelombang {

class HttpFraming {
 public:
  // A status line, "HTTP/1.1 200 OK\r\n", begins a section. Its status, 100 to 999; 0 where it is none.
  int begin(std::string_view line) noexcept;
  // A field, without blanks around its value. `exact`: no blank before the colon, no line folded into it.
  void add(std::string_view name, std::string_view value, bool exact) noexcept;

  // At the end of the section: what forbids to use the answer, null where nothing does. `bodyless`: it ends here,
  // whatever it says (HEAD, 1xx, 204, 304).
  [[nodiscard]] const char* fault(bool bodyless) const noexcept;
  [[nodiscard]] bool chunked() const noexcept { return chunked_; }
  [[nodiscard]] std::optional<std::uint64_t> length() const noexcept { return length_; }
  // It may be read, but nothing after it on the same connection: it says two things about its end.
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
