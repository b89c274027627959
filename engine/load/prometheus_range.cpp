#include "engine/load/prometheus_range.hpp"

#include "base/loopback.hpp"
#include "base/units.hpp"
#include "probes/consent/address_class.hpp"
#include "probes/consent/document.hpp"
#include "probes/curl_handles.hpp"
#include "probes/url.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace gelombang {
namespace {

namespace json = boost::json;

constexpr std::size_t kMostAnswer = 8 * 1024 * 1024;
constexpr std::size_t kMostErrorText = 200;
constexpr double kMostRate = 1e12;

struct Answer {
  std::string body;
  bool too_large = false;
};

std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  if (answer.body.size() + size * count > kMostAnswer) {
    answer.too_large = true;
    return 0;
  }
  answer.body.append(data, size * count);
  return size * count;
}

// Makes a foreign text fit on one line.
std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMostErrorText));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return line;
}

std::string shown(Duration since_1970) { return format_utc(WallTime(since_1970)); }

// Whether the two addresses belong to one server, as far as this machine can tell.
bool same_server(const RemoteAddress& one, const RemoteAddress& other) {
  if (is_loopback(one.bytes) && is_loopback(other.bytes)) return one.port == other.port;
  return one.bytes == other.bytes;
}

// The addresses to which the guard allows a connection: a scenario may name a server whose owner does not know of it.
Result<std::vector<RemoteAddress>> allowed_addresses(const HttpUrl& server, const ControlTraffic& traffic) {
  const auto addresses = traffic.resolve(server.host, server.port);
  if (!addresses) return addresses.error();
  std::vector<RemoteAddress> allowed;
  std::string refusal = fmt::format("'{}' has no address", server.host);
  for (const RemoteAddress& address : *addresses) {
    const GuardVerdict verdict = traffic.guard != nullptr
                                     ? traffic.guard->may_connect(server.host, address)
                                     : GuardVerdict{is_loopback(address.bytes), "it is not loopback"};
    if (verdict.allowed) {
      allowed.push_back(address);
    } else {
      refusal = fmt::format("may not be asked: {}", verdict.reason);
    }
  }
  if (allowed.empty()) return Error{refusal};
  return allowed;
}

// The addresses that may be asked: those of the server, if none of them belongs to the target.
Result<std::vector<RemoteAddress>> admitted_addresses(const HttpUrl& server, const ControlTraffic& traffic) {
  auto addresses = allowed_addresses(server, traffic);
  if (!addresses) return addresses.error();
  if (traffic.target_host.empty()) return addresses;
  const auto target = traffic.resolve(traffic.target_host, traffic.target_port);
  if (!target) {
    return Error{fmt::format("cannot check whether this server is a host of the target: {}", target.error().message)};
  }
  for (const RemoteAddress& address : *addresses) {
    const bool shared = (server.host == traffic.target_host && !is_loopback(address.bytes)) ||
                        std::any_of(target->begin(), target->end(),
                                    [&address](const RemoteAddress& theirs) { return same_server(address, theirs); });
    if (shared) return Error{"is a host of the target, and the target may receive only load: expected another server"};
  }
  return addresses;
}

// For CURLOPT_RESOLVE: a second look-up might give other addresses.
std::string pinned(const HttpUrl& server, const std::vector<RemoteAddress>& addresses) {
  std::string text = fmt::format("{}:{}:", server.host, server.port);
  for (const RemoteAddress& address : addresses) {
    text += (text.back() == ':' ? "" : ",") + format_address(address);
  }
  return text;
}

std::string escaped(CURL* easy, const std::string& text) {
  const CurlText encoded(curl_easy_escape(easy, text.c_str(), static_cast<int>(text.size())));
  return encoded ? std::string(encoded.get()) : std::string();
}

std::string seconds_text(Duration duration) { return fmt::format("{:.3f}", to_seconds(duration)); }

void set_options(CURL* easy, const ControlTraffic& traffic, Answer& answer) {
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(traffic.timeout).count();
  set_http(easy);
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, traffic.user_agent.c_str());
  if (!traffic.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, traffic.ca_file.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
}

// Sends the query, and returns the body of the answer.
Result<std::string> ask(const PrometheusQuery& query, const HttpUrl& server,
                        const std::vector<RemoteAddress>& addresses, const ControlTraffic& traffic) {
  ensure_curl();
  const CurlEasy easy(curl_easy_init());
  if (!easy) return Error{"out of memory"};
  std::string base = server.full;
  while (!base.empty() && base.back() == '/') base.pop_back();
  const std::string url =
      fmt::format("{}/api/v1/query_range?query={}&start={}&end={}&step={}", base, escaped(easy.get(), query.query),
                  seconds_text(query.from), seconds_text(query.to), seconds_text(query.step));
  Answer answer;
  std::array<char, CURL_ERROR_SIZE> detail{};
  set_options(easy.get(), traffic, answer);
  const CurlList known(server.literal ? nullptr : curl_slist_append(nullptr, pinned(server, addresses).c_str()));
  if (!server.literal && !known) return Error{"out of memory"};
  curl_easy_setopt(easy.get(), CURLOPT_RESOLVE, known.get());
  curl_easy_setopt(easy.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy.get(), CURLOPT_ERRORBUFFER, detail.data());
  const CURLcode code = curl_easy_perform(easy.get());
  if (answer.too_large) return Error{"the answer is larger than 8 MiB: expected one series"};
  if (code != CURLE_OK) {
    return Error{fmt::format("no answer: {}", detail[0] != '\0' ? detail.data() : curl_easy_strerror(code))};
  }
  long status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &status);
  // Prometheus reports an error of the query in JSON.
  if (status != 200 && !answer.body.starts_with('{')) {
    return Error{fmt::format("status {}: expected 200 and the JSON of a Prometheus", status)};
  }
  return {Result<std::string>::in_place_value, std::move(answer.body)};
}

const json::value* member(const json::value& value, std::string_view name) {
  const json::object* object = value.if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

std::string_view text_of(const json::value* value) {
  const json::string* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? std::string_view() : std::string_view(text->data(), text->size());
}

std::optional<double> number_of(const json::value& value) {
  if (const double* number = value.if_double()) return *number;
  if (const std::int64_t* number = value.if_int64()) return static_cast<double>(*number);
  if (const std::uint64_t* number = value.if_uint64()) return static_cast<double>(*number);
  return std::nullopt;
}

// [1614834000.781, "23.5"]
Result<RatePoint> read_point(const json::value& value) {
  const json::array* pair = value.if_array();
  const auto time = pair != nullptr && pair->size() == 2 ? number_of((*pair)[0]) : std::nullopt;
  // The limit keeps the span between two points within a Duration.
  if (!time || !(*time >= 0 && *time < 9e9)) return Error{"a point without a time"};
  RatePoint point;
  point.time = std::chrono::milliseconds(std::llround(*time * 1000));
  const std::string_view text = text_of(&(*pair)[1]);
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, point.per_second);
  const bool number = error == std::errc() && stop == end;
  if (!number || !(point.per_second >= 0 && point.per_second <= kMostRate)) {
    return Error{
        fmt::format("{} at {}: expected a rate of 0 or more at every point", one_line(text), shown(point.time))};
  }
  return point;
}

}  // namespace

Result<std::vector<RatePoint>> parse_range_answer(std::string_view body) {
  boost::system::error_code failure;
  const json::value answer = json::parse(json::string_view(body.data(), body.size()), failure);
  if (failure) return Error{"the response is not JSON: expected a Prometheus response"};
  if (text_of(member(answer, "status")) == "error") {
    return Error{fmt::format("the server says: {}", one_line(text_of(member(answer, "error"))))};
  }
  const json::value* data = member(answer, "data");
  const json::value* list = data == nullptr ? nullptr : member(*data, "result");
  if (list == nullptr || !list->is_array() || text_of(member(*data, "resultType")) != "matrix") {
    return Error{"the answer is not that of a range query"};
  }
  const json::array& series = list->get_array();
  if (series.empty()) return Error{"no data in that time: expected one series"};
  if (series.size() > 1) {
    return Error{fmt::format("{} series: expected one, such as sum(rate(...))", series.size())};
  }
  const json::value* values = member(series.front(), "values");
  if (values == nullptr || !values->is_array()) return Error{"the answer is not that of a range query"};
  std::vector<RatePoint> points;
  for (const json::value& value : values->get_array()) {
    const auto point = read_point(value);
    if (!point) return point.error();
    if (!points.empty() && point->time <= points.back().time) return Error{"its points are out of order"};
    points.push_back(*point);
  }
  if (points.size() < 2) return Error{"one point: expected at least two"};
  return points;
}

Result<std::vector<RatePoint>> query_prometheus(const PrometheusQuery& query, const ControlTraffic& traffic,
                                                std::vector<std::string>& notes) {
  const auto server = parse_http_url(query.url);
  if (!server) return server.error();
  const auto fail = [&server](const std::string& problem) {
    return Error{fmt::format("{}: {}", server->shown, problem)};
  };
  if (server->full.find('?') != std::string::npos) return fail("expected the server's URL, without a query");
  const std::int64_t expected = (query.to - query.from) / query.step + 1;
  if (expected < 2 || expected > kMostRangePoints) {
    return fail(fmt::format("{} points from {} to {} in steps of {}: expected 2 to {}", expected, shown(query.from),
                            shown(query.to), format_duration(query.step), kMostRangePoints));
  }
  const auto addresses = admitted_addresses(*server, traffic);
  if (!addresses) return fail(addresses.error().message);
  const auto body = ask(query, *server, *addresses, traffic);
  if (!body) return fail(body.error().message);
  auto points = parse_range_answer(*body);
  if (!points) return fail(points.error().message);
  const auto missing = expected - static_cast<std::int64_t>(points->size());
  if (missing > 0) {
    notes.push_back(fmt::format("{}: {} of {} points are missing: the rate is a straight line across", server->shown,
                                missing, expected));
  }
  return points;
}

}  // namespace gelombang
