#include "engine/load/line_reader.hpp"

#include "base/json_writer.hpp"
#include "engine/privacy/redactor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kBuffer = 128 * 1024;
constexpr std::size_t kExcerpt = 80;

// Whether the text begins like a format of rotated logs: gzip, compress, xz, zstd, bzip2, lz4, zip.
bool compressed(std::string_view text) {
  using namespace std::string_view_literals;
  static constexpr std::array kMarks{"\x1f\x8b"sv,
                                     "\x1f\x9d"sv,
                                     "\xFD"
                                     "7zXZ"sv,
                                     "\x28\xB5\x2F\xFD"sv,
                                     "BZh"sv,
                                     "\x04\x22\x4D\x18"sv,
                                     "PK\x03\x04"sv};
  return std::any_of(kMarks.begin(), kMarks.end(), [text](std::string_view mark) { return text.starts_with(mark); });
}

// What kind of file this is, if its beginning shows that it is not text; empty if it may be text.
std::string_view no_text(std::string_view start) {
  if (compressed(start)) return "is compressed: expected text, so unpack it first";
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) return "is UTF-16: expected UTF-8";
  if (start.find('\0') != std::string_view::npos) return "has zero bytes in it: expected text in UTF-8";
  return {};
}

}  // namespace

LineReader::LineReader(InputFile file) : file_(std::move(file)), buffer_(kBuffer) {}

Result<LineReader> LineReader::open(const NamedFile& file) {
  auto opened = file.open();
  if (!opened) return opened.error();
  const auto fail = [&file](std::string_view problem) {
    return Error{fmt::format("{}: {}", printable(file.path()), problem)};
  };
  if (opened->size() > kMostBytes) {
    return fail(fmt::format("is {} bytes long: expected at most {}", opened->size(), kMostBytes));
  }
  LineReader reader(std::move(*opened));
  reader.fill();
  if (reader.failure_) return *reader.failure_;
  const std::string_view start(reader.buffer_.data(), reader.end_);
  if (const std::string_view problem = no_text(start); !problem.empty()) return fail(problem);
  if (start.starts_with(kByteOrderMark)) reader.begin_ = kByteOrderMark.size();
  return {Result<LineReader>::in_place_value, std::move(reader)};
}

bool LineReader::fill() {
  begin_ = 0;
  end_ = 0;
  const auto got = file_.read(buffer_.data(), buffer_.size());
  if (!got) {
    failure_ = got.error();
  } else {
    end_ = *got;
  }
  return end_ > 0;
}

std::optional<LineReader::Line> LineReader::next() {
  line_.clear();
  bool cut = false;
  bool any = false;
  while (begin_ < end_ || fill()) {
    if (std::exchange(after_return_, false) && buffer_[begin_] == '\n') {
      ++begin_;
      continue;
    }
    any = true;
    const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
    const std::size_t length = std::min(rest.find_first_of("\r\n"), rest.size());
    const bool ended = length < rest.size();
    const std::size_t taken = std::min(length, kLongest - line_.size());
    cut = cut || taken < length;
    line_.append(rest.substr(0, taken));
    begin_ += length + (ended ? 1 : 0);
    after_return_ = ended && rest[length] == '\r';
    if (ended) break;
  }
  if (!any) return std::nullopt;
  return Line{line_, ++number_, cut};
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
