#include "probes/http/headers.hpp"

#include <algorithm>

namespace gelombang {

std::optional<std::string_view> find_header(const std::vector<HttpHeader>& headers, std::string_view name) noexcept {
  for (const HttpHeader& header : headers) {
    if (same_header_name(header.name, name)) return header.value;
  }
  return std::nullopt;
}

ResponseHeaders::ResponseHeaders(std::initializer_list<Line> lines) {
  for (const Line& line : lines) add(line.name, line.value);
}

void ResponseHeaders::add(std::string_view name, std::string_view value) {
  last_ = text_.size();
  names_ |= mark_of(name);
  text_.append(name).append(": ").append(value).push_back('\n');
}

void ResponseHeaders::add_line(std::string_view line, std::size_t name) {
  last_ = text_.size();
  names_ |= mark_of(line.substr(0, name));
  text_.append(line).push_back('\n');
}

std::string_view ResponseHeaders::extend_last(std::string_view more) {
  text_.back() = ' ';
  text_.append(more).push_back('\n');
  return std::string_view(text_).substr(last_, text_.find(':', last_) - last_);
}

void ResponseHeaders::clear() noexcept {
  text_.clear();
  names_ = 0;
}

std::size_t ResponseHeaders::size() const noexcept {
  return static_cast<std::size_t>(std::count(text_.begin(), text_.end(), '\n'));
}

std::optional<std::string_view> ResponseHeaders::find(std::string_view name) const noexcept {
  if (!may_have(name)) return std::nullopt;
  for (const Line& line : *this) {
    if (same_header_name(line.name, name)) return line.value;
  }
  return std::nullopt;
}

ResponseHeaders::Iterator& ResponseHeaders::Iterator::operator++() noexcept {
  ended_ = rest_.empty();
  if (ended_) return *this;
  const std::string_view line = rest_.substr(0, rest_.find('\n'));
  const std::size_t colon = line.find(':');
  line_ = {line.substr(0, colon), line.substr(colon + 2)};
  rest_.remove_prefix(line.size() + 1);
  return *this;
}

}  // namespace gelombang
