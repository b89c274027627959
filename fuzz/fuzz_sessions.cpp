// A whole access log, and what is played of it. The first byte sets the pause that ends a session, and whether queries
// are kept.
#include "engine/files/scenario_folder.hpp"
#include "engine/load/access_log.hpp"
#include "engine/load/session_recording.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

// Small bounds, so that they are met.
constexpr SessionBounds kBounds{.requests_per_session = 4, .paths = 8, .sessions = 16, .requests = 32};

void is_playable(const std::shared_ptr<const SessionRecording>& recording) {
  must(!recording->sessions.empty() && recording->sessions.size() <= kBounds.sessions);
  must(recording->paths.size() <= kBounds.paths && recording->sessions.front().start == Duration::zero());
  for (const std::string& path : recording->paths) must(path.starts_with('/') && path.size() <= kLongestLoggedPath);
  Duration before{};
  for (const RecordedSession& session : recording->sessions) {
    must(session.start >= before && session.start < recording->length);
    must(!session.requests.empty() && session.requests.size() <= kBounds.requests_per_session);
    std::uint32_t at = 0;
    for (const RecordedRequest& request : session.requests) {
      must(request.at_ms >= at && request.path < recording->paths.size());
      at = request.at_ms;
    }
    before = session.start;
  }
  const double expected = static_cast<double>(recording->sessions.size());
  must(recording->rate.length() == recording->length && std::abs(recording->rate.total() - expected) < 1e-3 * expected);
  for (const double scale : {0.5, 1.0, 3.0}) {
    const SessionReplay replay{recording, scale, 2};
    before = Duration::zero();
    for (std::uint64_t i = 0; i < replay.size(); ++i) {
      must(replay.offset(i) >= before && replay.offset(i) <= recording->length);
      must(!replay.session(i).requests.empty());
      before = replay.offset(i);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const int file = ::memfd_create("log", MFD_CLOEXEC);
  must(file >= 0 && ::ftruncate(file, 0) == 0);
  must(::pwrite(file, data + 1, size - 1, 0) == static_cast<ssize_t>(size - 1));
  const AccessLogOptions options{std::chrono::minutes(data[0] / 2U + 1), data[0] % 2 == 1, kBounds};
  std::vector<std::string> notes;
  const auto recording = read_access_log(NamedFile::of_caller(fmt::format("/proc/self/fd/{}", file)), options, notes);
  if (recording) {
    is_playable(*recording);
  } else {
    notes.push_back(recording.error().message);
  }
  must(notes.size() <= 4);
  for (const std::string& note : notes) {
    must(!note.empty() && note.size() < 1024);
    must(std::none_of(note.begin(), note.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }));
  }
  return 0;
}
