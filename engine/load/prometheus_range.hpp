// A recorded rate from a Prometheus: one query over a range of time. This is control traffic, to a server that the
// operator names: one request on one connection, no redirects, no proxy. It goes only where the guard allows a
// connection, and never to a host of the target. On this machine each port counts as a host: another port may be asked.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "probes/consent/address_resolver.hpp"
#include "probes/consent/socket_guard.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct RatePoint {
  Duration time{};  // since 1970
  double per_second = 0;
};

struct PrometheusQuery {
  std::string url;  // of the server, such as http://127.0.0.1:9090
  std::string query;
  Duration from{};  // since 1970
  Duration to{};
  Duration step{};
};

struct ControlTraffic {
  std::string user_agent;
  std::string ca_file;
  std::string target_host;  // empty: no target yet
  std::uint16_t target_port = 0;
  AddressResolver resolve = resolve_addresses;
  SocketGuard* guard = nullptr;  // null: only loopback is asked
  Duration timeout = std::chrono::seconds(30);
};

// The most points that Prometheus returns for one query.
constexpr std::int64_t kMostRangePoints = 11000;

// Returns at least two points, in order, each of 0 or more. No answer, none or several series, NaN, infinity and
// negative values are an Error. `notes` gets a line if points are missing.
Result<std::vector<RatePoint>> query_prometheus(const PrometheusQuery& query, const ControlTraffic& traffic,
                                                std::vector<std::string>& notes);

// The points in the body of an answer. An Error does not have the server's name.
Result<std::vector<RatePoint>> parse_range_answer(std::string_view body);

}  // namespace gelombang
