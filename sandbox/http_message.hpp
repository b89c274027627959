// The values that the HTTP layer passes to the portal and gets back: plain values, no library types.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gelombang::sandbox {

class PhotoUpload;

enum class Method : std::uint8_t { get, head, post, del, other };

// Every endpoint, as a closed list: the counts have one row per method and endpoint.
enum class Endpoint : std::uint8_t {
  root,
  register_page,
  login_page,
  dashboard_page,
  verify_link,
  accounts,
  verification,
  sessions,
  dashboard,
  identity,
  id_card,
  aptitude_test,
  wave_current,
  wave_join,
  operator_side,
  unknown,
  count_,
};

struct Request {
  Method method = Method::other;
  Endpoint endpoint = Endpoint::unknown;
  std::string path;
  std::string query;  // without '?'
  std::string cookie;
  std::string content_type;
  std::string accept;
  std::optional<std::uint64_t> content_length;
  boost::asio::ip::address peer;
  std::string body;                     // empty for an upload
  std::shared_ptr<PhotoUpload> upload;  // set if the body is a multipart photo
  std::int64_t account = 0;             // the session's owner, if the endpoint needs one

  // A browser sent the request: it wants pages and redirects, not JSON.
  [[nodiscard]] bool wants_html() const;
};

struct Response {
  int status = 200;
  std::string_view content_type = "application/json";  // static text
  std::string headers;                                 // more header lines, each ended by \r\n
  std::string body;
  std::shared_ptr<const std::string> shared_body;  // instead of `body`: one cached text for all

  void add_header(std::string_view name, std::string_view value);
  [[nodiscard]] std::string_view content() const { return shared_body ? std::string_view(*shared_body) : body; }
};

// Responds to one request, once, from any thread. If the last copy is destroyed without a response, the client gets a
// 500, so no request can be forgotten.
class Responder {
 public:
  using Send = std::function<void(Response)>;
  explicit Responder(Send send);
  void operator()(Response response) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// What to do with the body of a request, decided when the header is known.
struct BodyPlan {
  std::uint64_t limit = 0;          // bytes; a larger body gets a 413
  std::optional<Response> refusal;  // sent at once; the body is not read
};

// The portal as the HTTP layer sees it. Called on the event loops: must not block.
class HttpService {
 public:
  virtual ~HttpService() = default;
  virtual BodyPlan plan(Request& request) = 0;
  virtual void handle(Request request, Responder respond) = 0;
};

// "id=1; sesi=abc" -> the value of `name`, empty if absent.
std::string_view cookie_value(std::string_view cookies, std::string_view name);
// application/x-www-form-urlencoded, also the query of a URL. The last of two equal names wins.
std::map<std::string, std::string> parse_form(std::string_view text);
// Escapes text for HTML.
std::string html_escape(std::string_view text);
// "Thu, 04 Mar 2021 05:00:00 GMT" for a Unix time in seconds.
std::string http_date(std::int64_t unix_seconds);
std::string_view reason_phrase(int status);

}  // namespace gelombang::sandbox
