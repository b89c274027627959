// The sessions of an access log: what one visitor asked for, and when. Read once, shared by all workers.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/files/scenario_folder.hpp"
#include "engine/load/intensity.hpp"
#include "probes/http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gelombang {

struct RecordedRequest {
  std::uint32_t at_ms = 0;  // since the session's first request
  std::uint32_t path = 0;   // an index into SessionRecording::paths
  std::uint16_t status = 0;
  HttpMethod method = HttpMethod::get;
};

struct RecordedSession {
  Duration start{};  // since the start of the first session
  std::vector<RecordedRequest> requests;
};

struct SessionRecording {
  std::vector<std::string> paths;
  std::vector<RecordedSession> sessions;  // sorted by start
  Duration length{};                      // up to the last request, plus one second
  Intensity rate;                         // sessions that begin, in bins of one second or more
};

// Memory is bounded for a log of any size. What exceeds the first two bounds is left out; a log that exceeds another
// bound is refused.
struct SessionBounds {
  std::size_t requests_per_session = 1000;
  std::size_t paths = 65536;  // different paths, of up to kLongestLoggedPath bytes
  std::size_t sessions = 2'000'000;
  std::size_t requests = 20'000'000;
};

struct AccessLogOptions {
  Duration gap = std::chrono::minutes(30);  // a client that is silent for longer begins a new session
  bool query = false;                       // keep the queries of URLs, which may hold personal data
  SessionBounds bounds;
};

// Reads a log and groups it by client address and user agent. `notes` gets a line for each thing that was left out.
Result<std::shared_ptr<const SessionRecording>> read_access_log(const NamedFile& file, const AccessLogOptions& options,
                                                                std::vector<std::string>& notes);

// A recording as it is played: arrival i is a session, at its recorded time. With a scale below 1, every 1/scale-th
// session is played. With a scale above 1, each session is played `scale` times, spread over the time up to the next
// session.
struct SessionReplay {
  std::shared_ptr<const SessionRecording> recording;
  double scale = 1;
  double speed = 1;  // times are divided by it
  [[nodiscard]] std::uint64_t size() const noexcept;
  [[nodiscard]] Duration offset(std::uint64_t arrival) const noexcept;
  [[nodiscard]] const RecordedSession& session(std::uint64_t arrival) const noexcept;
  // The mean time from the first to the last request, as played.
  [[nodiscard]] Duration mean_length() const noexcept;

 private:
  [[nodiscard]] double position(std::uint64_t arrival) const noexcept;
};

}  // namespace gelombang
