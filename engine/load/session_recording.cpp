#include "engine/load/session_recording.hpp"

#include "base/json_writer.hpp"
#include "base/random.hpp"
#include "engine/load/access_log.hpp"
#include "engine/load/line_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <unordered_map>

namespace gelombang {
namespace {

using namespace std::chrono_literals;

// A server writes a line after it has answered. Apache logs the time at which the request came, nginx the time of
// writing. So a line may be late. A line that is later than this is in the wrong place.
constexpr Duration kLate = 5min;
constexpr Duration kLongestSession = 24h;
constexpr std::size_t kMostRateBins = 65536;
constexpr std::uint64_t kSweepEvery = 65536;  // lines

std::uint64_t hash(std::uint64_t seed, std::string_view text) noexcept {
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;  // FNV-1a
  return mix64(seed ^ text.size());
}

class Grouping {
 public:
  Grouping(std::string path, const AccessLogOptions& options) : path_(std::move(path)), options_(options) {}

  // Returns false if a bound of the whole recording is exceeded, or if the log is hopeless.
  bool add(const LineReader::Line& raw) {
    ++lines_;
    if (raw.text.empty()) return true;
    std::string_view problem = "a line of more than 16 KB";
    const auto line = raw.cut ? std::nullopt : parse_access_line(raw.text, problem);
    if (!line) {
      broken_.add(raw, problem);
      return !hopeless();
    }
    if (line->time + kLate < newest_) {
      backwards_.add(raw, "goes back in time by more than 5 minutes");
      return !hopeless();
    }
    newest_ = std::max(newest_, line->time);
    compare_names(*line, raw.number);
    const auto number = path_number(*line);
    if (!number) {
      crowded_.add(raw, "one path too many");
      return true;
    }
    file_request(*line, *number, raw);
    if (lines_ % kSweepEvery == 0) forget_the_silent();
    return sessions_.size() <= options_.bounds.sessions && requests_ <= options_.bounds.requests;
  }

  // Far more lines are unusable than usable, and the rest of the log would not change that.
  [[nodiscard]] bool hopeless() const { return broken_.count() + backwards_.count() > requests_ + kHopeless; }

  Result<std::shared_ptr<const SessionRecording>> finish(std::vector<std::string>& notes) {
    if (broken_.count() + backwards_.count() > requests_ && backwards_.count() > broken_.count())
      return Error{backwards_.first(path_) + ": expected lines in the order of their times"};
    if (requests_ == 0 || broken_.count() + backwards_.count() > requests_) {
      if (broken_.count() > 0)
        return Error{broken_.first(path_) + ": expected the common or combined format of nginx or Apache"};
      return Error{fmt::format("{}: no requests: expected the common or combined format of nginx or Apache", path_)};
    }
    if (lines_compared_ > 1 && one_name_) {
      return Error{
          fmt::format("{}:{}: every line begins with '{}', which is no address: expected the client's, or a log of "
                      "several clients",
                      path_, first_named_, printable(name_))};
    }
    for (const auto& [skipped, what] : {std::pair(&broken_, "broken"), std::pair(&backwards_, "going back in time"),
                                        std::pair(&crowded_, "beyond 65536 different paths"),
                                        std::pair(&long_, "beyond 1000 requests of one session")}) {
      if (skipped->count() == 0) continue;
      notes.push_back(left_out(*skipped, what, lines_, path_));
    }
    return assemble();
  }

  [[nodiscard]] Error exceeded() const {
    return Error{fmt::format("{}: more than {} sessions or {} requests: play a shorter part of the log", path_,
                             options_.bounds.sessions, options_.bounds.requests)};
  }

 private:
  struct Open {
    std::size_t session = 0;
    Duration last{};
  };

  // If every line has the same name, it is the server's name, not a client's.
  void compare_names(const AccessLogLine& line, std::uint64_t number) {
    if (lines_compared_++ == 0) {
      one_name_ = line.named;
      name_ = line.client;
      first_named_ = number;
    } else if (one_name_) {
      one_name_ = line.client == name_;
    }
  }

  std::optional<std::uint32_t> path_number(const AccessLogLine& line) {
    std::string path = as_asked(line.path);
    if (options_.query) path += line.query;
    const auto known = path_numbers_.find(path);
    if (known != path_numbers_.end()) return known->second;
    if (recording_.paths.size() >= options_.bounds.paths) return std::nullopt;
    const auto number = static_cast<std::uint32_t>(recording_.paths.size());
    recording_.paths.push_back(path);
    path_numbers_.emplace(std::move(path), number);
    return number;
  }

  void file_request(const AccessLogLine& line, std::uint32_t path, const LineReader::Line& raw) {
    const std::uint64_t visitor = hash(hash(0xCBF29CE484222325ULL, line.client), line.user_agent);
    const auto [entry, fresh] = open_.try_emplace(visitor);
    Open& open = entry->second;
    const bool over =
        !fresh && (line.time - open.last > options_.gap || line.time - sessions_[open.session].start > kLongestSession);
    if (fresh || over) {
      open = {sessions_.size(), line.time};
      sessions_.push_back({line.time, {}});
    }
    open.last = std::max(open.last, line.time);
    RecordedSession& session = sessions_[open.session];
    if (session.requests.size() >= options_.bounds.requests_per_session) {
      long_.add(raw, "one request too many");
      return;
    }
    // A request that was answered late may have come before the session's first logged request.
    const auto since = std::chrono::duration_cast<std::chrono::milliseconds>(line.time - session.start).count();
    session.requests.push_back(
        {static_cast<std::uint32_t>(std::max<std::int64_t>(0, since)), path, line.status, line.method});
    ++requests_;
  }

  void forget_the_silent() {
    std::erase_if(open_, [this](const auto& entry) { return newest_ - entry.second.last > options_.gap + kLate; });
  }

  std::shared_ptr<const SessionRecording> assemble() {
    std::stable_sort(sessions_.begin(), sessions_.end(),
                     [](const RecordedSession& a, const RecordedSession& b) { return a.start < b.start; });
    const Duration epoch = sessions_.front().start;
    for (std::size_t i = 0; i < sessions_.size();) {
      std::size_t end = i;
      while (end < sessions_.size() && sessions_[end].start == sessions_[i].start) ++end;
      const Duration second = sessions_[i].start - epoch;
      const auto count = static_cast<double>(end - i);
      // The log has whole seconds. If all sessions of a second began at once, that would be a burst that never
      // happened.
      for (std::size_t k = i; k < end; ++k)
        sessions_[k].start = second + from_seconds(static_cast<double>(k - i) / count);
      i = end;
    }
    for (RecordedSession& session : sessions_) {
      std::stable_sort(session.requests.begin(), session.requests.end(),
                       [](const RecordedRequest& a, const RecordedRequest& b) { return a.at_ms < b.at_ms; });
      const Duration last = session.start + std::chrono::milliseconds(session.requests.back().at_ms);
      recording_.length = std::max(recording_.length, last + 1s);
    }
    recording_.sessions = std::move(sessions_);
    add_rate();
    return std::make_shared<const SessionRecording>(std::move(recording_));
  }

  void add_rate() {
    const double seconds = to_seconds(recording_.length);
    const auto bins = static_cast<std::size_t>(std::clamp(std::ceil(seconds), 1.0, double{kMostRateBins}));
    std::vector<double> counts(bins);
    const double width = seconds / static_cast<double>(bins);
    for (const RecordedSession& session : recording_.sessions) {
      ++counts[std::min(bins - 1, static_cast<std::size_t>(to_seconds(session.start) / width))];
    }
    Duration begin{};
    for (std::size_t i = 0; i < bins; ++i) {
      const Duration end = i + 1 == bins ? recording_.length : from_seconds(width * static_cast<double>(i + 1));
      const Rate rate = Rate::per_second(counts[i] / to_seconds(end - begin));
      recording_.rate.add_piece(end - begin, rate, rate);
      begin = end;
    }
  }

  std::string path_;
  AccessLogOptions options_;
  SessionRecording recording_;
  std::vector<RecordedSession> sessions_;
  std::unordered_map<std::string, std::uint32_t> path_numbers_;
  std::unordered_map<std::uint64_t, Open> open_;  // by visitor
  Duration newest_ = Duration::min() + 1h;
  std::uint64_t lines_ = 0;
  std::size_t requests_ = 0;
  std::uint64_t lines_compared_ = 0;
  std::string name_;  // of the first client
  std::uint64_t first_named_ = 0;
  bool one_name_ = false;
  SkippedLines broken_;
  SkippedLines backwards_;
  SkippedLines crowded_;
  SkippedLines long_;
};

}  // namespace

Result<std::shared_ptr<const SessionRecording>> read_access_log(const NamedFile& file, const AccessLogOptions& options,
                                                                std::vector<std::string>& notes) {
  auto reader = LineReader::open(file);
  if (!reader) return reader.error();
  Grouping grouping(printable(file.path()), options);
  while (const auto line = reader->next()) {
    if (grouping.add(*line)) continue;
    if (grouping.hopeless()) break;
    return grouping.exceeded();
  }
  if (reader->failure()) return *reader->failure();
  return grouping.finish(notes);
}

double SessionReplay::position(std::uint64_t arrival) const noexcept {
  // Rounding in the last bit of a quotient must not decide which session it is.
  return static_cast<double>(arrival) / scale * (1 + 4 * std::numeric_limits<double>::epsilon());
}

std::uint64_t SessionReplay::size() const noexcept {
  const double exact = static_cast<double>(recording->sessions.size()) * scale;
  return static_cast<std::uint64_t>(std::floor(exact * (1 + 4 * std::numeric_limits<double>::epsilon())));
}

const RecordedSession& SessionReplay::session(std::uint64_t arrival) const noexcept {
  const auto index = static_cast<std::size_t>(position(arrival));
  return recording->sessions[std::min(index, recording->sessions.size() - 1)];
}

Duration SessionReplay::offset(std::uint64_t arrival) const noexcept {
  const auto& sessions = recording->sessions;
  const double place = position(arrival);
  const std::size_t index = std::min(static_cast<std::size_t>(place), sessions.size() - 1);
  double seconds = to_seconds(sessions[index].start);
  if (scale > 1) {
    const Duration next = index + 1 < sessions.size() ? sessions[index + 1].start : recording->length;
    seconds += std::max(0.0, place - static_cast<double>(index)) * (to_seconds(next) - seconds);
  }
  if (speed == 1 && scale <= 1) return sessions[index].start;
  return from_seconds(seconds / speed);
}

Duration SessionReplay::mean_length() const noexcept {
  double seconds = 0;
  for (const RecordedSession& one : recording->sessions) seconds += one.requests.back().at_ms / 1000.0;
  return from_seconds(seconds / static_cast<double>(recording->sessions.size()) / speed);
}

}  // namespace gelombang
