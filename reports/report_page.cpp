#include "reports/report_page.hpp"

#include <utility>

namespace gelombang {

extern const std::string_view kPage;  // empty if the program was built without the page

namespace {

constexpr std::string_view kPlace = "@DATA@";

}  // namespace

std::string script_safe(std::string_view json) {
  std::string out;
  out.reserve(json.size() + json.size() / 64);
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '<') {
      out += "\\u003c";
    } else if (c == '>') {
      out += "\\u003e";
    } else if (c == '&') {
      out += "\\u0026";
    } else if (json.substr(i, 3) == "\xe2\x80\xa8" || json.substr(i, 3) == "\xe2\x80\xa9") {
      out += json[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      out += c;
    }
  }
  return out;
}

Result<void> page_available() {
  if (!kPage.empty()) return {};
  return Error{
      "this gelombang was built without the page of a report: ./dev web makes it (with npm), then build again; the "
      "other "
      "formats work"};
}

Result<std::string> page_with(std::string_view json) {
  if (const auto available = page_available(); !available) return available.error();
  const std::size_t place = kPage.find(kPlace);
  std::string page(kPage.substr(0, place));
  page += script_safe(json);
  page += kPage.substr(place + kPlace.size());
  return {Result<std::string>::in_place_value, std::move(page)};
}

Result<std::string> live_page() { return page_with({}); }

std::string page_policy() {
  constexpr std::string_view kBefore = "http-equiv=\"Content-Security-Policy\" content=\"";
  const std::size_t at = kPage.find(kBefore);
  if (at == std::string_view::npos) return "default-src 'none'";
  const std::string_view policy = kPage.substr(at + kBefore.size());
  return std::string(policy.substr(0, policy.find('"')));
}

}  // namespace gelombang
