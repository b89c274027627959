#include "engine/line_reader.hpp"

#include "engine/redactor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gelombang {
namespace {

constexpr std::size_t kBuffer = 128 * 1024;
constexpr std::size_t kExcerpt = 80;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Of the formats that logs are rotated into: gzip, xz, zstd, bzip2.
bool compressed(std::string_view text) {
  return text.starts_with("\x1f\x8b") ||
         text.starts_with(
             "\xFD"
             "7zXZ") ||
         text.starts_with("\x28\xB5\x2F\xFD") || text.starts_with("BZh");
}

}  // namespace

LineReader::LineReader(std::string path, std::FILE* file) : path_(std::move(path)), file_(file), buffer_(kBuffer) {}

Result<LineReader> LineReader::open(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return Error{fmt::format("{}: cannot be read: {}", path, std::strerror(errno))};
  LineReader reader(path, file);
  reader.fill();
  if (reader.failure_) return *reader.failure_;
  const std::string_view start(reader.buffer_.data(), reader.end_);
  if (compressed(start)) return Error{fmt::format("{}: is compressed: expected text, so unpack it first", path)};
  if (start.starts_with(kByteOrderMark)) reader.begin_ = kByteOrderMark.size();
  return {Result<LineReader>::in_place_value, std::move(reader)};
}

bool LineReader::fill() {
  begin_ = 0;
  end_ = std::fread(buffer_.data(), 1, buffer_.size(), file_.get());
  if (end_ == 0 && std::ferror(file_.get()) != 0) {
    failure_ = Error{fmt::format("{}: cannot be read: {}", path_, std::strerror(errno))};
  }
  return end_ > 0;
}

std::optional<LineReader::Line> LineReader::next() {
  line_.clear();
  bool cut = false;
  bool any = false;
  while (begin_ < end_ || fill()) {
    any = true;
    const char* const from = buffer_.data() + begin_;
    const auto* const feed = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_));
    const std::size_t length = feed != nullptr ? static_cast<std::size_t>(feed - from) : end_ - begin_;
    const std::size_t taken = std::min(length, kLongest - line_.size());
    cut = cut || taken < length;
    line_.append(from, taken);
    begin_ += length + (feed != nullptr ? 1 : 0);
    if (feed != nullptr) break;
  }
  if (!any) return std::nullopt;
  std::string_view text = line_;
  if (text.ends_with('\r')) text.remove_suffix(1);
  return Line{text, ++number_, cut};
}

void SkippedLines::add(const LineReader::Line& line, std::string_view problem) {
  if (count_++ > 0) return;
  number_ = line.number;
  problem_ = problem;
  // A query may carry a token.
  excerpt_ = Redactor().redact(line.text.substr(0, line.text.find('?')), kExcerpt);
  for (char& c : excerpt_) {
    if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f) c = '.';
  }
}

std::string SkippedLines::first(std::string_view path) const {
  return fmt::format("{}:{}: {}: '{}'", path, number_, problem_, excerpt_);
}

std::string left_out(const SkippedLines& skipped, std::string_view what, std::uint64_t lines, std::string_view path) {
  return fmt::format("{} of {} lines left out as {}; the first: {}", skipped.count(), lines, what, skipped.first(path));
}

}  // namespace gelombang
