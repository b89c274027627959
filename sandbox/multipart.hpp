// A streaming parser for multipart/form-data (RFC 7578). It holds at most one delimiter or one part's header, whatever
// the size of the body and of its pieces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

struct PartHeader {
  std::string name;
  std::string filename;      // empty: a plain field
  std::string content_type;  // empty: none was sent
};

// Receives the parts of one body in order.
class MultipartEvents {
 public:
  virtual ~MultipartEvents() = default;
  virtual void on_part(const PartHeader& header) = 0;
  virtual void on_data(std::string_view bytes) = 0;
};

class MultipartParser {
 public:
  static constexpr std::size_t kMaxHeaderBytes = 8 * 1024;  // of one part
  static constexpr unsigned kMaxParts = 16;

  enum class State : std::uint8_t { preamble, header, data, after_delimiter, complete, malformed };

  // The boundary of "multipart/form-data; boundary=...". Nothing for another type or without a boundary.
  static std::optional<std::string> boundary_of(std::string_view content_type);

  MultipartParser(std::string_view boundary, MultipartEvents& events);
  void feed(std::string_view bytes);
  // complete: the closing delimiter was seen. What follows is ignored, as RFC 2046 requires.
  [[nodiscard]] State state() const { return state_; }

 private:
  bool step();
  bool find_delimiter(bool deliver);
  bool after_delimiter();
  bool read_header();
  bool fail();

  std::string delimiter_;  // "\r\n--boundary"
  MultipartEvents& events_;
  State state_ = State::preamble;
  std::string pending_;
  unsigned parts_ = 0;
};

// Reads the header block of one part (its lines, without the empty one). Nothing if it has no field name.
std::optional<PartHeader> parse_part_header(std::string_view block);

}  // namespace gelombang::sandbox
