#include "metrics/history/snapshot_codec.hpp"

#include "base/varint.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace gelombang {
namespace {

constexpr std::uint64_t kVersion = 3;
// Describes bytes that were written earlier, perhaps by an earlier version.
struct Stored {
  std::uint64_t version = kVersion;
  const StoredErrorClasses& classes;
};

constexpr std::size_t kMostText = std::size_t{1} << 16;
constexpr std::uint64_t kLongest = static_cast<std::uint64_t>(Duration::max().count());

void put_counts(std::string& out, std::span<const std::uint64_t> counts) {
  const auto used = counts.size() - static_cast<std::size_t>(std::count(counts.begin(), counts.end(), 0U));
  put_varint(out, used);
  std::size_t next = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    put_varint(out, i - next);
    put_varint(out, counts[i]);
    next = i + 1;
  }
}

// Calls `set` with each index and count.
template <class Set>
void read_counts(VarintReader& from, std::size_t size, Set set) {
  const std::uint64_t used = from.number(size);
  std::size_t next = 0;
  for (std::uint64_t n = 0; n < used && from.ok(); ++n) {
    const std::uint64_t gap = from.number(size);
    const std::uint64_t count = from.number();
    if (next + gap >= size || count == 0) return from.fail();
    set(next + gap, count);
    next += gap + 1;
  }
}

template <std::size_t N>
void read_counts(VarintReader& from, std::array<std::uint64_t, N>& counts) {
  counts = {};
  read_counts(from, N, [&counts](std::size_t i, std::uint64_t n) { counts[i] = n; });
}

void put(std::string& out, const Histogram& histogram) {
  const std::vector<std::uint64_t>& buckets = histogram.buckets();
  const auto used = buckets.size() - static_cast<std::size_t>(std::count(buckets.begin(), buckets.end(), 0U));
  put_varint(out, used);
  if (used == 0) return;
  std::size_t next = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    if (buckets[i] == 0) continue;
    put_varint(out, histogram.first_bucket() + i - next);
    put_varint(out, buckets[i]);
    next = histogram.first_bucket() + i + 1;
  }
  put_varint(out, static_cast<std::uint64_t>(histogram.min().count()));
  put_varint(out, static_cast<std::uint64_t>((histogram.max() - histogram.min()).count()));
  put_varint(out, histogram.sum_nanoseconds());
  put_varint(out, histogram.clamped());
  put_counts(out, histogram.at_boundaries());
}

void read(VarintReader& from, Histogram& histogram) {
  Histogram::Parts parts;
  read_counts(from, kBucketCount, [&parts](std::size_t i, std::uint64_t n) {
    parts.buckets.emplace_back(static_cast<std::uint32_t>(i), n);
  });
  if (parts.buckets.empty()) return histogram.clear();
  parts.min = Duration(static_cast<std::int64_t>(from.number(kLongest)));
  parts.max =
      parts.min +
      Duration(static_cast<std::int64_t>(from.number(kLongest - static_cast<std::uint64_t>(parts.min.count()))));
  parts.sum = from.number();
  parts.clamped = from.number();
  read_counts(from, parts.at_boundary);
  if (!from.ok() || !histogram.restore(parts)) from.fail();
}

void put(std::string& out, const CensoredHistogram& both) {
  put(out, both.observed);
  put(out, both.censored);
}

void read(VarintReader& from, CensoredHistogram& both) {
  read(from, both.observed);
  read(from, both.censored);
}

void put(std::string& out, const ResultCounts& counts) {
  put_counts(out, counts.by_result);
  put_counts(out, counts.by_error);
}

void read_errors(VarintReader& from, const StoredErrorClasses& classes,
                 std::array<std::uint64_t, kErrorClassCount>& counts) {
  counts = {};
  read_counts(from, classes.size(),
              [&](std::size_t i, std::uint64_t n) { counts[static_cast<std::size_t>(classes[i])] += n; });
}

void read(VarintReader& from, const StoredErrorClasses& classes, ResultCounts& counts) {
  read_counts(from, counts.by_result);
  read_errors(from, classes, counts.by_error);
}

// The plain numbers of a step's people, in their order.
std::array<std::uint64_t StepPeople::*, 6> people_numbers() {
  return {&StepPeople::reached, &StepPeople::succeeded,      &StepPeople::first_tries,
          &StepPeople::retries, &StepPeople::double_submits, &StepPeople::calm_requests};
}

void put(std::string& out, const StepPeople& people) {
  for (const auto number : people_numbers()) put_varint(out, people.*number);
  put_counts(out, people.ended);
  put_counts(out, people.ended_after);
  put_counts(out, people.lost);
}

void read(VarintReader& from, const Stored& stored, StepPeople& people) {
  for (const auto number : people_numbers()) people.*number = from.number();
  read_counts(from, people.ended);
  people.ended_after = {};
  if (stored.version >= 2) read_counts(from, people.ended_after);
  read_errors(from, stored.classes, people.lost);
}

bool is_empty(const StepSnapshot& step) {
  const StepPeople& people = step.people;
  const auto none = [](std::uint64_t n) { return n == 0; };
  return step.steps.total() + step.requests.total() + people.reached + people.succeeded + people.attempts() +
                 people.double_submits ==
             0 &&
         std::all_of(people.ended.begin(), people.ended.end(), none) &&
         std::all_of(people.ended_after.begin(), people.ended_after.end(), none);
}

void put(std::string& out, const StepSnapshot& step) {
  put_varint(out, is_empty(step) ? 0 : 1);
  if (is_empty(step)) return;
  put(out, step.steps);
  put(out, step.response_time);
  put(out, step.service_time);
  put(out, step.response_time_failed);
  put(out, step.service_time_failed);
  put(out, step.response_time_abandoned);
  put(out, step.service_time_abandoned);
  put(out, step.requests);
  put_varint(out, step.phases.size());
  for (const Histogram& phase : step.phases) put(out, phase);
  put_varint(out, step.bytes_sent);
  put_varint(out, step.bytes_received);
  put(out, step.people);
}

void read(VarintReader& from, const Stored& stored, StepSnapshot& step) {
  if (from.number(1) == 0) return step.clear();
  read(from, stored.classes, step.steps);
  read(from, step.response_time);
  read(from, step.service_time);
  read(from, step.response_time_failed);
  read(from, step.service_time_failed);
  read(from, step.response_time_abandoned);
  read(from, step.service_time_abandoned);
  read(from, stored.classes, step.requests);
  const std::uint64_t phases = from.number(step.phases.size());
  for (std::size_t i = 0; i < step.phases.size(); ++i) {
    if (i < phases) {
      read(from, step.phases[i]);
    } else {
      step.phases[i].clear();
    }
  }
  step.bytes_sent = from.number();
  step.bytes_received = from.number();
  read(from, stored, step.people);
}

void put(std::string& out, const JourneySnapshot& journey) {
  put_varint(out, journey.started);
  put_counts(out, journey.ended);
  put_counts(out, journey.dropped);
  put(out, journey.duration.observed);
  put_counts(out, journey.people.ended);
  put(out, journey.people.time);
  put(out, journey.duration.censored);
}

void read(VarintReader& from, const Stored& stored, JourneySnapshot& journey) {
  journey.started = from.number();
  read_counts(from, journey.ended);
  read_counts(from, journey.dropped);
  read(from, journey.duration.observed);
  read_counts(from, journey.people.ended);
  read(from, journey.people.time);
  journey.duration.censored.clear();
  if (stored.version >= 3) read(from, journey.duration.censored);
}

void put(std::string& out, const MailSnapshot& mail) {
  put_counts(out, mail.by_result);
  put_varint(out, mail.delivery.size());
  for (const Histogram& folder : mail.delivery) put(out, folder);
  put(out, mail.waited);
}

void read(VarintReader& from, MailSnapshot& mail) {
  read_counts(from, mail.by_result);
  const std::uint64_t folders = from.number(mail.delivery.size());
  for (std::size_t i = 0; i < mail.delivery.size(); ++i) {
    if (i < folders) {
      read(from, mail.delivery[i]);
    } else {
      mail.delivery[i].clear();
    }
  }
  read(from, mail.waited);
}

void put(std::string& out, const ConformanceTable& table) {
  put_varint(out, table.reported);
  put_varint(out, table.violated);
  put_varint(out, table.rows.size());
  for (const ConformanceRow& row : table.rows) {
    for (const std::string* text : {&row.rule, &row.expected, &row.got}) {
      put_text(out, std::string_view(*text).substr(0, kMostText));
    }
    put_varint(out, row.holds ? 1 : 0);
    put_varint(out, row.count);
  }
}

void read(VarintReader& from, ConformanceTable& table) {
  table = {};
  table.reported = from.number();
  table.violated = from.number();
  const std::uint64_t rows = from.number(ConformanceTable::kMaximumRows);
  for (std::uint64_t i = 0; i < rows && from.ok(); ++i) {
    ConformanceRow row;
    for (std::string* text : {&row.rule, &row.expected, &row.got}) *text = from.text(kMostText);
    row.holds = from.number(1) == 1;
    row.count = from.number();
    table.rows.push_back(std::move(row));
  }
}

void put(std::string& out, const ScriptErrors& errors) {
  put_varint(out, errors.count);
  if (errors.count == 0) return;
  put_varint(out, errors.first ? 1 : 0);
  if (!errors.first) return;
  put_varint(out, errors.first->journey);
  put_varint(out, errors.first->step ? *errors.first->step + std::uint64_t{1} : 0);
  put_text(out, std::string_view(errors.first->text).substr(0, kMostText));
}

void read(VarintReader& from, const Catalog& catalog, ScriptErrors& errors) {
  errors = {};
  errors.count = from.number();
  if (errors.count == 0 || from.number(1) == 0) return;
  ScriptErrors::First first;
  first.journey = static_cast<JourneyId>(from.number(catalog.journeys.size()));
  const std::uint64_t step = from.number(catalog.steps.size());
  if (step > 0) first.step = static_cast<StepId>(step - 1);
  first.text = from.text(kMostText);
  if (first.journey >= catalog.journeys.size()) return from.fail();
  errors.first = std::move(first);
}

}  // namespace

StoredErrorClasses::StoredErrorClasses() {
  for (std::size_t i = 0; i < kErrorClassCount; ++i) classes_.push_back(static_cast<ErrorClass>(i));
}

std::string StoredErrorClasses::names() {
  std::string names;
  for (std::size_t i = 0; i < kErrorClassCount; ++i) {
    names.append(i == 0 ? "" : " ").append(name(static_cast<ErrorClass>(i)));
  }
  return names;
}

Result<StoredErrorClasses> StoredErrorClasses::from_names(std::string_view names) {
  StoredErrorClasses stored;
  stored.classes_.clear();
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(' '), names.size());
    const auto error = error_class_from_name(names.substr(0, end));
    if (!error) return Error{"an error class that this version of gelombang does not know"};
    stored.classes_.push_back(*error);
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return stored;
}

void encode(const Histogram& histogram, std::string& out) { put(out, histogram); }

bool decode(std::string_view bytes, Histogram& histogram) {
  VarintReader from(bytes);
  read(from, histogram);
  return from.finished();
}

void encode(const UnderWay& under_way, std::string& out) {
  put_varint(out, under_way.steps.size());
  for (const UnderWay::Step& step : under_way.steps) {
    put(out, step.response_time);
    put(out, step.service_time);
  }
  put_varint(out, under_way.journeys.size());
  for (const UnderWay::Journey& journey : under_way.journeys) {
    put(out, journey.duration);
    put(out, journey.person_time);
  }
  put(out, under_way.mail);
}

bool decode(std::string_view bytes, UnderWay& under_way) {
  VarintReader from(bytes);
  if (from.number() != under_way.steps.size()) return false;
  for (UnderWay::Step& step : under_way.steps) {
    read(from, step.response_time);
    read(from, step.service_time);
  }
  if (from.number() != under_way.journeys.size()) return false;
  for (UnderWay::Journey& journey : under_way.journeys) {
    read(from, journey.duration);
    read(from, journey.person_time);
  }
  read(from, under_way.mail);
  return from.finished();
}

void encode(const Snapshot& snapshot, std::string& out) {
  put_varint(out, kVersion);
  put_varint(out, snapshot.steps.size());
  for (const StepSnapshot& step : snapshot.steps) put(out, step);
  put_varint(out, snapshot.journeys.size());
  for (const JourneySnapshot& journey : snapshot.journeys) put(out, journey);
  put(out, snapshot.schedule_lag);
  put(out, snapshot.mail);
  put(out, snapshot.conformance);
  put(out, snapshot.script_errors);
}

bool decode(std::string_view bytes, const StoredErrorClasses& classes, Snapshot& snapshot) {
  VarintReader from(bytes);
  const Stored stored{from.number(), classes};
  if (stored.version == 0 || stored.version > kVersion || from.number() != snapshot.steps.size()) return false;
  for (StepSnapshot& step : snapshot.steps) read(from, stored, step);
  if (from.number() != snapshot.journeys.size()) return false;
  for (JourneySnapshot& journey : snapshot.journeys) read(from, stored, journey);
  read(from, snapshot.schedule_lag);
  read(from, snapshot.mail);
  read(from, snapshot.conformance);
  read(from, snapshot.layout()->catalog, snapshot.script_errors);
  return from.finished();
}

std::string packed(std::string_view bytes) {
  constexpr int kLevel = 4;  // half the time of 6, for 2 % more bytes
  std::string out;
  put_varint(out, bytes.size());
  const std::size_t head = out.size();
  uLongf length = compressBound(static_cast<uLong>(bytes.size()));
  out.resize(head + length);
  // This fails only if there is not enough memory.
  if (compress2(reinterpret_cast<Bytef*>(out.data() + head), &length, reinterpret_cast<const Bytef*>(bytes.data()),
                static_cast<uLong>(bytes.size()), kLevel) != Z_OK) {
    throw std::bad_alloc();
  }
  out.resize(head + length);
  return out;
}

Result<std::string> unpacked(std::string_view bytes, std::size_t limit) {
  const Error damaged{"packed figures that cannot be read"};
  VarintReader from(bytes);
  const std::uint64_t size = from.number(limit);
  std::string head;
  put_varint(head, size);
  // zlib expands one byte to at most 1032 bytes.
  if (!from.ok() || head.size() > bytes.size() || size / 1032 > bytes.size()) return damaged;
  bytes.remove_prefix(head.size());
  std::string out(size, '\0');
  auto length = static_cast<uLongf>(size);
  const int result = uncompress(reinterpret_cast<Bytef*>(out.data()), &length,
                                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()));
  if (result != Z_OK || length != size) return damaged;
  return {boost::system::in_place_value, std::move(out)};
}

}  // namespace gelombang
