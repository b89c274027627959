#include "probes/http/body.hpp"

#include <algorithm>
#include <cstring>

namespace gelombang {
namespace {

// A form's names as browsers write them: WHATWG HTML, "multipart/form-data encoding algorithm".
std::string escaped(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c == '"') {
      text += "%22";
    } else if (c == '\r') {
      text += "%0D";
    } else if (c == '\n') {
      text += "%0A";
    } else {
      text += c;
    }
  }
  return text;
}

std::string head(const HttpPart& part, std::string_view boundary, bool first) {
  std::string text = first ? "--" : "\r\n--";
  text.append(boundary);
  text += "\r\nContent-Disposition: form-data; name=\"" + escaped(part.name) + '"';
  if (!part.filename.empty()) text += "; filename=\"" + escaped(part.filename) + '"';
  if (!part.content_type.empty()) text += "\r\nContent-Type: " + part.content_type;
  return text + "\r\n\r\n";
}

}  // namespace

HttpBody::HttpBody(const HttpRequest& request, std::string_view boundary) {
  if (request.parts.empty()) {
    add(request.body);
    return;
  }
  content_type_ = "multipart/form-data; boundary=" + std::string(boundary);
  framing_.reserve(request.parts.size() + 1);  // the segments point into it
  for (const HttpPart& part : request.parts) {
    framing_.push_back(head(part, boundary, framing_.empty()));
    add(framing_.back());
    if (part.data) add(*part.data);
  }
  framing_.push_back("\r\n--" + std::string(boundary) + "--\r\n");
  add(framing_.back());
}

void HttpBody::add(std::string_view segment) {
  if (segment.empty()) return;
  segments_.push_back(segment);
  size_ += segment.size();
}

std::string_view HttpBody::single() const noexcept {
  return segments_.size() == 1 ? segments_.front() : std::string_view();
}

std::size_t HttpBody::read(char* to, std::size_t room) noexcept {
  std::size_t copied = 0;
  while (copied < room && segment_ < segments_.size()) {
    const std::string_view rest = segments_[segment_].substr(offset_);
    const std::size_t count = std::min(rest.size(), room - copied);
    std::memcpy(to + copied, rest.data(), count);
    copied += count;
    offset_ += count;
    if (count == rest.size()) {
      ++segment_;
      offset_ = 0;
    }
  }
  read_ += copied;
  return copied;
}

}  // namespace gelombang
