#include "sandbox/multipart.hpp"

#include <algorithm>
#include <cctype>

namespace gelombang::sandbox {
namespace {

constexpr std::size_t kMaxPadding = 256;

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool same_text(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Takes the next `name=value` or `name="value"` from a parameter list that starts at ';'.
bool next_parameter(std::string_view& rest, std::string_view& name, std::string& value) {
  const std::size_t start = rest.find(';');
  if (start == std::string_view::npos) return false;
  rest.remove_prefix(start + 1);
  const std::size_t equals = rest.find('=');
  if (equals == std::string_view::npos) return false;
  name = trim(rest.substr(0, equals));
  rest.remove_prefix(equals + 1);
  value.clear();
  if (rest.empty() || rest.front() != '"') {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    value = trim(rest.substr(0, end));
    rest.remove_prefix(end);
    return true;
  }
  std::size_t i = 1;
  for (; i < rest.size() && rest[i] != '"'; ++i) {
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  if (i >= rest.size()) return false;
  rest.remove_prefix(i + 1);
  return true;
}

}  // namespace

std::optional<std::string> MultipartParser::boundary_of(std::string_view content_type) {
  std::string_view rest = content_type.substr(std::min(content_type.find(';'), content_type.size()));
  if (!same_text(trim(content_type.substr(0, content_type.size() - rest.size())), "multipart/form-data")) return {};
  std::string_view name;
  std::string value;
  while (next_parameter(rest, name, value)) {
    if (!same_text(name, "boundary")) continue;
    if (value.empty() || value.size() > 70) return {};  // RFC 2046
    return value;
  }
  return {};
}

std::optional<PartHeader> parse_part_header(std::string_view block) {
  PartHeader header;
  while (!block.empty()) {
    const std::size_t end = block.find("\r\n");
    const std::string_view line = block.substr(0, end);
    block = end == std::string_view::npos ? std::string_view() : block.substr(end + 2);
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return {};
    const std::string_view name = trim(line.substr(0, colon));
    std::string_view rest = trim(line.substr(colon + 1));
    if (same_text(name, "content-type")) header.content_type = rest;
    if (!same_text(name, "content-disposition")) continue;
    if (!same_text(trim(rest.substr(0, rest.find(';'))), "form-data")) return {};
    std::string_view parameter;
    std::string value;
    while (next_parameter(rest, parameter, value)) {
      if (same_text(parameter, "name")) header.name = value;
      if (same_text(parameter, "filename")) header.filename = value;
    }
  }
  if (header.name.empty()) return {};
  return header;
}

MultipartParser::MultipartParser(std::string_view boundary, MultipartEvents& events) : events_(events) {
  delimiter_.append("\r\n--").append(boundary);
  // The first delimiter may start the body without a line before it.
  pending_ = "\r\n";
}

void MultipartParser::feed(std::string_view bytes) {
  if (state_ == State::complete || state_ == State::malformed) return;
  pending_.append(bytes);
  while (step()) {
  }
}

// Does one step. Returns false if it needs more bytes or nothing more will come.
bool MultipartParser::step() {
  switch (state_) {
    case State::preamble: return find_delimiter(false);
    case State::data: return find_delimiter(true);
    case State::after_delimiter: return after_delimiter();
    case State::header: return read_header();
    case State::complete:
    case State::malformed: break;
  }
  return false;
}

bool MultipartParser::fail() {
  state_ = State::malformed;
  pending_.clear();
  return false;
}

bool MultipartParser::find_delimiter(bool deliver) {
  const std::size_t at = pending_.find(delimiter_);
  if (at != std::string::npos) {
    if (deliver && at > 0) events_.on_data(std::string_view(pending_).substr(0, at));
    pending_.erase(0, at + delimiter_.size());
    state_ = State::after_delimiter;
    return true;
  }
  // The last bytes may be the start of a delimiter. All bytes before them are data.
  const std::size_t keep = delimiter_.size() - 1;
  if (pending_.size() > keep) {
    const std::size_t ready = pending_.size() - keep;
    if (deliver) events_.on_data(std::string_view(pending_).substr(0, ready));
    pending_.erase(0, ready);
  }
  return false;
}

bool MultipartParser::after_delimiter() {
  if (pending_.size() < 2) return false;
  if (pending_.compare(0, 2, "--") == 0) {
    state_ = State::complete;
    pending_.clear();
    return false;
  }
  // A little padding after the delimiter is allowed.
  const std::size_t text = std::min(pending_.find_first_not_of(" \t"), pending_.size());
  if (text > kMaxPadding) return fail();
  if (text + 1 >= pending_.size()) return false;
  if (pending_.compare(text, 2, "\r\n") != 0 || ++parts_ > kMaxParts) return fail();
  pending_.erase(0, text + 2);
  state_ = State::header;
  return true;
}

bool MultipartParser::read_header() {
  const std::size_t end = pending_.find("\r\n\r\n");
  if (end == std::string::npos) return pending_.size() >= kMaxHeaderBytes + 4 ? fail() : false;
  if (end > kMaxHeaderBytes) return fail();
  const auto header = parse_part_header(std::string_view(pending_).substr(0, end));
  if (!header) return fail();
  pending_.erase(0, end + 4);
  events_.on_part(*header);
  state_ = State::data;
  return true;
}

}  // namespace gelombang::sandbox
