#include "sandbox/answers.hpp"

#include "sandbox/pages.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace gelombang::sandbox {

namespace json = boost::json;

namespace {

Response refusal(const Request& request, int status, std::string_view key, std::string_view code,
                 std::string_view message) {
  if (request.wants_html()) return html_response(status, message_page(status, message));
  json::object body;
  body[view(key)] = view(code);
  body["message"] = view(message);
  return json_response(status, body);
}

}  // namespace

Response json_response(int status, const json::object& body) {
  Response response;
  response.status = status;
  response.body = json::serialize(body);
  response.add_header("Cache-Control", "no-store");
  return response;
}

Response html_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "text/html; charset=utf-8";
  response.body = std::move(body);
  response.add_header("Cache-Control", "no-store");
  response.add_header("Content-Security-Policy",
                      "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
  return response;
}

Response redirect(std::string_view location) {
  Response response;
  response.status = 303;
  response.content_type = "text/plain";
  response.add_header("Location", location);
  response.add_header("Cache-Control", "no-store");
  return response;
}

Response refuse(const Request& request, int status, std::string_view code, std::string_view message) {
  return refusal(request, status, "error", code, message);
}

Response refuse_photo(const Request& request, int status, std::string_view rule, std::string_view message) {
  return refusal(request, status, "rule", rule, message);
}

Response refuse_for_now(const Request& request, int status, std::string_view code, std::string_view message,
                        Duration wait) {
  Response response = refuse(request, status, code, message);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.add_header("Retry-After", std::to_string(std::max<std::int64_t>(seconds, 1)));
  return response;
}

Response overloaded(const Request& request) {
  return refuse_for_now(request, 503, "OVERLOADED", "Server sedang sibuk, coba beberapa saat lagi",
                        std::chrono::seconds(2));
}

Response database_failure(DbOutcome outcome) {
  json::object body;
  body["error"] = outcome == DbOutcome::no_connection ? "DATABASE_BUSY" : "INTERNAL";
  body["message"] = "Terjadi gangguan, coba beberapa saat lagi";
  Response response = json_response(outcome == DbOutcome::no_connection ? 503 : 500, body);
  if (outcome == DbOutcome::no_connection) response.add_header("Retry-After", "2");
  return response;
}

std::string session_cookie(const Portal& portal, std::string_view token) {
  return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax{}", kSessionCookie, token,
                     portal.secure_cookies ? "; Secure" : "");
}

std::string expired_cookie(const Portal& portal) {
  return fmt::format("{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{}", kSessionCookie,
                     portal.secure_cookies ? "; Secure" : "");
}

std::optional<std::map<std::string, std::string>> read_fields(const Request& request) {
  if (request.content_type.starts_with("application/x-www-form-urlencoded")) return parse_form(request.body);
  boost::system::error_code ec;
  json::parse_options options;
  options.max_depth = 8;
  const json::value value = json::parse(request.body, ec, {}, options);
  if (ec || !value.is_object()) return {};
  std::map<std::string, std::string> fields;
  for (const auto& [key, field] : value.get_object()) {
    fields[std::string(key)] = field.is_string() ? std::string(field.get_string()) : json::serialize(field);
  }
  return fields;
}

}  // namespace gelombang::sandbox
