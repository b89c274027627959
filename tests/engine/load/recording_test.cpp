// Recordings from files: times, lines, rates and sessions, valid and broken.
#include "engine/load/arrivals.hpp"
#include "engine/load/line_reader.hpp"
#include "engine/load/rate_recording.hpp"
#include "engine/load/recorded_time.hpp"
#include "engine/load/session_recording.hpp"
#include "engine/scenario/run_plan.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

using namespace gelombang;
using namespace std::chrono_literals;
using gelombang::test::TemporaryDirectory;
using gelombang::test::write_file;

namespace {

// A file with `text`, read as a rate.
struct CsvFile {
  explicit CsvFile(const std::string& text) : path(directory.file("rate.csv")) { write_file(path, text); }
  Result<Intensity> read() { return read_rate_csv(NamedFile::of_caller(path), notes); }
  std::string error() {
    const auto rate = read();
    REQUIRE(rate.has_error());
    REQUIRE(rate.error().message.starts_with(path));
    return rate.error().message.substr(path.size());
  }
  TemporaryDirectory directory;
  std::string path;
  std::vector<std::string> notes;
};

struct LogFile {
  explicit LogFile(const std::string& text) : path(directory.file("access.log")) { write_file(path, text); }
  std::shared_ptr<const SessionRecording> read() {
    auto recording = read_access_log(NamedFile::of_caller(path), options, notes);
    if (recording.has_error()) FAIL(recording.error().message);
    return recording.value();
  }
  std::string error() {
    const auto recording = read_access_log(NamedFile::of_caller(path), options, notes);
    REQUIRE(recording.has_error());
    REQUIRE(recording.error().message.starts_with(path));
    return recording.error().message.substr(path.size());
  }
  TemporaryDirectory directory;
  std::string path;
  AccessLogOptions options;
  std::vector<std::string> notes;
};

// A log line `second` seconds after noon.
std::string line(int second, const std::string& client, const std::string& request = "GET / HTTP/1.1",
                 const std::string& agent = "Mozilla/5.0") {
  return fmt::format("{} - - [04/Mar/2021:{:02}:{:02}:{:02} +0700] \"{}\" 200 512 \"-\" \"{}\"\n", client,
                     12 + second / 3600, second / 60 % 60, second % 60, request, agent);
}

Load replay_load(LogFile& log) {
  Load load;
  load.name = "recorded";
  load.kind = LoadKind::replay;
  const auto recording = log.read();
  load.intensity = recording->rate;
  load.sessions = SessionReplay{recording};
  return load;
}

std::vector<Arrival> all_of(const Load& load, std::uint64_t seed = 1, Share share = {}) {
  ArrivalSchedule schedule(load, seed, share);
  std::vector<Arrival> arrivals;
  while (const auto arrival = schedule.next()) arrivals.push_back(*arrival);
  return arrivals;
}

}  // namespace

TEST_CASE("recorded time: seconds, RFC 3339 and the time of logs") {
  CHECK(parse_recorded_time("0") == 0s);
  CHECK(parse_recorded_time("1614834000") == 1614834000s);
  CHECK(parse_recorded_time("12.5") == 12500ms);
  CHECK(parse_recorded_time("2021-03-04T12:00:00+07:00") == 1614834000s);
  CHECK(parse_recorded_time("2021-03-04T12:00:00+0700") == 1614834000s);
  CHECK(parse_recorded_time("2021-03-04T05:00:00Z") == 1614834000s);
  CHECK(parse_recorded_time("2021-03-04 05:00:00") == 1614834000s);
  CHECK(parse_recorded_time("2021-03-04T00:30:00.25-04:30") == 1614834000s + 250ms);
  CHECK(parse_log_time("04/Mar/2021:12:00:00 +0700") == 1614834000s);
  CHECK(parse_log_time("29/Feb/2020:23:59:60 +0000") == 1583020800s);
}

TEST_CASE("recorded time: what is none is refused") {
  for (const char* text : {"",
                           " ",
                           "noon",
                           "-5",
                           "1e9",
                           "12.",
                           ".5",
                           "99999999999",
                           "1614834000 ",
                           "2021-03-04",
                           "2021-3-4T12:00:00Z",
                           "2021-02-30T12:00:00Z",
                           "2021-03-04T24:00:00Z",
                           "2021-03-04T12:60:00Z",
                           "2021-03-04T12:00:00+7",
                           "2021-03-04T12:00:00Zx",
                           "2021-03-04T12:00:00+99:00",
                           "2021-03-04T12:00:00+07:99",
                           "9021-03-04T12:00:00Z",
                           "2021-03-04T12:00:00.Z"}) {
    INFO(text);
    CHECK_FALSE(parse_recorded_time(text));
  }
  for (const char* text : {"", "04/Mar/2021", "4/Mar/2021:12:00:00 +0700", "04/Mrz/2021:12:00:00 +0700",
                           "31/Feb/2021:12:00:00 +0700", "04/Mar/2021:12:00:00", "04/Mar/2021:12:00:00 0700"}) {
    INFO(text);
    CHECK_FALSE(parse_log_time(text));
  }
}

TEST_CASE("rate csv: a count holds from its time to the next row's, the last as long as the one before") {
  CsvFile file("time,count\n0,60\n60,120\n180,0\n200,20\n");
  const Intensity rate = file.read().value();
  CHECK(rate.length() == 220s);
  CHECK(rate.total() == Approx(200));
  CHECK(rate.at(30s).per_second() == Approx(1));
  CHECK(rate.at(100s).per_second() == Approx(1));
  CHECK(rate.at(190s).per_second() == 0);
  CHECK(rate.integral(180s) == Approx(180));
  CHECK(file.notes.empty());
}

TEST_CASE("rate csv: columns by name, quotes, line ends and times of every kind") {
  for (const char* text :
       {"0,10\n10,20\n", "0, 10\r\n10, 20\r\n", "time,count\n0,10\n10,20", "count,host,time\n10,a,0\n20,b,10\n",
        "\"time\",\"count\"\n\"1970-01-01 00:00:00\",10\n\"1970-01-01T00:00:10Z\",\"20\"\n",
        "\xEF\xBB\xBFtime,count\n0,10\n10,20\n", "\n0,10\n\n10,15\n10,5\n\n"}) {
    INFO(text);
    CsvFile file(text);
    const auto rate = file.read();
    REQUIRE(rate.has_value());
    CHECK(rate.value().length() == 20s);
    CHECK(rate.value().integral(10s) == Approx(10));
    CHECK(rate.value().total() == Approx(30));
    CHECK(file.notes.empty());
  }
}

TEST_CASE("rate csv: broken rows and rows that go back are left out, counted, the first shown") {
  CsvFile file(
      "time,count\n0,10\nnoon,5\n10,20\n5,99\n20,many\n20,-1\n20,nan\n4,98\n20,inf\n20,30\n30,1\n40,1\n50,1\n60,1\n");
  const Intensity rate = file.read().value();
  CHECK(rate.total() == Approx(64));
  REQUIRE(file.notes.size() == 2);
  CHECK(file.notes[0] == "5 of 15 lines left out as broken; the first: " + file.path +
                             ":3: no time such as 1614834000 or 2021-03-04T12:00:00+07:00: 'noon,5'");
  CHECK(file.notes[1] ==
        "2 of 15 lines left out as going back in time; the first: " + file.path + ":5: goes back in time: '5,99'");
}

TEST_CASE("rate csv: a file that is no recording is refused with one line") {
  CHECK(CsvFile("").error() == ": no rows of time,count: expected at least two, with different times");
  CHECK(CsvFile("time,count\n").error() == ": no rows of time,count: expected at least two, with different times");
  CHECK(CsvFile("5,1\n").error() == ": one row of time,count: expected at least two, with different times");
  CHECK(CsvFile("5,1\n5,1\n").error() == ": one row of time,count: expected at least two, with different times");
  CHECK(CsvFile("0,0\n10,0\n").error() == ": no arrivals: every count is 0");
  CHECK(CsvFile("0,1\n999999999,1\n").error() == ": it lasts longer than ten years");
  CHECK(CsvFile("hello\nworld\n").error() == ":1: no time,count: 'hello': expected rows of time,count");
  CHECK(CsvFile("1;2\n3;4\n").error() == ":1: no time,count: '1;2': expected rows of time,count");
  CHECK(CsvFile("0,\"5\n1\"2\n").error().starts_with(":1: a stray quote: '0,\"5'"));
  CHECK(CsvFile("\x1f\x8b\x08 etc").error() == ": is compressed: expected text, so unpack it first");
  CHECK(CsvFile(std::string(40000, 'x')).error().starts_with(":1: a line of more than 16 KB: '"));
  std::vector<std::string> notes;
  CHECK(read_rate_csv(NamedFile::of_caller("/nonexistent/r.csv"), notes).error().message ==
        "/nonexistent/r.csv: cannot be read: No such file or directory");
  CHECK(read_rate_csv(NamedFile::of_caller("/tmp"), notes).error().message ==
        "/tmp: is a directory: expected a regular file");
}

TEST_CASE("rate csv: another delimiter, header or number than ours is refused, not read as something else") {
  for (const auto& [text, problem] : std::vector<std::pair<std::string, std::string>>{
           {"time;count\n0;10\n10;20\n", ":1: no time,count: 'time;count'"},
           {"time\tcount\n0\t10\n10\t20\n", ":1: no time,count: 'time.count'"},
           {"0,10,5\n10,20,5\n", ":1: more than time,count: '0,10,5'"},
           {"0,10,5\n10,20\n20,5,5\n30,7,5\n", ":1: more than time,count: '0,10,5'"},
           {"time,count\n0,10,5\n10,20,5\n", ":2: more than time,count: '0,10,5'"},
           {"time,count,host\n0,10\n10,20\n", ":2: another number of fields than in the header: '0,10'"},
           {"requests,timestamp\n5,1614834000\n6,1614834060\n",
            ":1: a header without one column time and one column count: 'requests,timestamp'"},
           {"time,count,count\n0,10,1\n10,20,1\n", ":1: a header without one column time and one column count: "},
           {"0,\"1,000\"\n10,\"2,000\"\n", ":1: no count of 0 to 1e15: "},
           {"1614834000000,5\n1614834060000,6\n", ":1: no time such as "},
           {"04.03.2021 12:00,5\n04.03.2021 12:01,6\n", ":1: no time such as "},
           {"50,1\n40,1\n30,1\n20,1\n", ":2: goes back in time: '40,1': expected rows in the order of their times"},
       }) {
    INFO(text);
    CHECK(CsvFile(text).error().starts_with(problem));
  }
  CHECK(CsvFile(std::string("0\0,\0001\0", 6)).error() == ": has zero bytes in it: expected text in UTF-8");
  CHECK(CsvFile("\xFF\xFEt").error() == ": is UTF-16: expected UTF-8");
  CHECK(CsvFile("PK\x03\x04 etc").error() == ": is compressed: expected text, so unpack it first");
  CsvFile capitals("Time,Count\r0,10\r10,20\r");
  CHECK(capitals.read().value().total() == Approx(30));
}

TEST_CASE("recordings: what is of no use is not read to its end") {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "no\n";
  CHECK(CsvFile(text).error().starts_with(":1: no time,count: 'no'"));
  LogFile log(text);
  CHECK(log.error().starts_with(":1: no client address: 'no'"));
  auto reader = LineReader::open(NamedFile::of_caller(log.path));
  std::uint64_t lines = 0;
  while (reader.value().next()) ++lines;
  CHECK(lines == 200000);
}

TEST_CASE("lines: every end of a line is one, also across the reader's buffer") {
  for (const char* end : {"\n", "\r\n", "\r"}) {
    for (const int filler : {128 * 1024 - 2, 128 * 1024 - 1, 128 * 1024}) {
      std::string text;
      while (static_cast<int>(text.size()) < filler - 1000) text += std::string(999, 'x') + '\n';
      text += std::string(static_cast<std::size_t>(filler) - text.size(), 'y') + end + "b" + end + end + "c";
      CsvFile file(text);
      auto reader = LineReader::open(NamedFile::of_caller(file.path));
      std::vector<std::string> last;
      std::uint64_t number = 0;
      while (const auto line = reader.value().next()) {
        CHECK(line->number == ++number);
        last.emplace_back(line->text);
      }
      INFO(filler << " " << last.size());
      REQUIRE(last.size() > 4);
      last.erase(last.begin(), last.end() - 3);
      CHECK(last == std::vector<std::string>{"b", "", "c"});
    }
  }
}

TEST_CASE("rate csv: a longer file than is held keeps its counts at half the resolution") {
  std::string text;
  for (int i = 0; i < 300000; ++i) text += fmt::format("{},{}\n", i, i % 7);
  CsvFile file(text);
  const Intensity rate = file.read().value();
  CHECK(rate.length() == 300000s);
  double total = 0;
  for (int i = 0; i < 300000; ++i) total += i % 7;
  CHECK(rate.total() == Approx(total));
  std::size_t pieces = 0;
  rate.visit_pieces([&](double, double, double) { ++pieces; });
  CHECK(pieces <= 131072);
  CHECK(pieces > 65536);
  double upto = 0;
  for (int i = 0; i < 40000; ++i) upto += i % 7;
  CHECK(rate.integral(40000s) == Approx(upto).margin(0.001));
}

TEST_CASE("sessions: requests of one address and agent belong together until the gap") {
  LogFile log(line(0, "a") + line(1, "b") + line(3, "a", "GET /x?token=1 HTTP/1.1") + line(3, "a", "GET /", "other") +
              line(4, "a", "POST /x HTTP/1.1") + line(3600, "a") + line(3600 + 1801, "a") +
              line(3600 + 1801 + 1800, "a"));
  const auto recording = log.read();
  REQUIRE(recording->sessions.size() == 5);
  const auto& first = recording->sessions[0];
  CHECK(first.start == 0s);
  REQUIRE(first.requests.size() == 3);
  CHECK(first.requests[0].at_ms == 0);
  CHECK(first.requests[1].at_ms == 3000);
  CHECK(first.requests[2].at_ms == 4000);
  CHECK(first.requests[2].method == HttpMethod::post);
  CHECK(recording->paths[first.requests[1].path] == "/x");  // the query may hold a token
  CHECK(recording->sessions[1].start == 1s);
  CHECK(recording->sessions[2].start == 3s);
  CHECK(recording->sessions[3].start == 3600s);
  CHECK(recording->sessions[4].start == 5401s);
  CHECK(recording->sessions[4].requests.size() == 2);  // a gap of exactly 30 minutes
  CHECK(recording->length == 7202s);
  CHECK(recording->rate.length() == recording->length);
  CHECK(recording->rate.total() == Approx(5));
  CHECK(log.notes.empty());
}

TEST_CASE("sessions: a shorter gap, and queries where they are asked for") {
  LogFile log(line(0, "192.0.2.1", "GET /?q=1 HTTP/1.1") + line(11, "192.0.2.1", "GET /?q=2 HTTP/1.1"));
  log.options.gap = 10s;
  log.options.query = true;
  const auto recording = log.read();
  CHECK(recording->sessions.size() == 2);
  CHECK(recording->paths == std::vector<std::string>{"/?q=1", "/?q=2"});
}

TEST_CASE("sessions: those of one second are spread over it, in their order") {
  LogFile log(line(5, "a") + line(7, "b") + line(7, "c") + line(7, "d") + line(7, "e") + line(8, "f"));
  const auto sessions = log.read()->sessions;
  REQUIRE(sessions.size() == 6);
  const Duration expected[] = {0s, 2s, 2250ms, 2500ms, 2750ms, 3s};
  for (std::size_t i = 0; i < 6; ++i) CHECK(sessions[i].start == expected[i]);
}

TEST_CASE("sessions: lines a little late are put in order, lines far too late left out") {
  // Apache writes a line after the response, but with the time of the request.
  LogFile log(line(100, "a") + line(103, "a", "GET /c HTTP/1.1") + line(101, "a", "GET /b HTTP/1.1") + line(90, "b") +
              line(99, "a", "GET /early HTTP/1.1") + line(1000, "c") + line(600, "d") + line(700, "d"));
  const auto recording = log.read();
  REQUIRE(recording->sessions.size() == 4);
  CHECK(recording->sessions[0].start == 0s);  // b
  CHECK(recording->sessions[1].start == 10s);
  std::vector<std::string> order;
  for (const RecordedRequest& request : recording->sessions[1].requests)
    order.push_back(recording->paths[request.path]);
  CHECK(order == std::vector<std::string>{"/", "/early", "/b", "/c"});
  REQUIRE(log.notes.size() == 1);
  CHECK(log.notes[0].starts_with("1 of 8 lines left out as going back in time; the first: " + log.path +
                                 ":7: goes back in time by more than 5 minutes: 'd - - [04/Mar/2021:12:10:00"));
}

TEST_CASE("sessions: broken lines are left out, counted, the first shown without what may be personal") {
  LogFile log(line(0, "a") + "\nGET /verify?token=hunter2 budi@kantor.test\n" + line(1, "b") + "\x01\x02\n" +
              std::string(20000, 'x') + "\n" + line(2, "c") + line(3, "d"));
  CHECK(log.read()->sessions.size() == 4);
  REQUIRE(log.notes.size() == 1);
  CHECK(log.notes[0] ==
        "3 of 8 lines left out as broken; the first: " + log.path + ":3: no time in brackets: 'GET /verify'");
}

TEST_CASE("sessions: a file that is no log is refused with one line") {
  CHECK(LogFile("").error() == ": no requests: expected the common or combined format of nginx or Apache");
  CHECK(LogFile("time,count\n1,2\n").error() ==
        ":1: no client address: 'time,count': expected the common or combined format of nginx or Apache");
}

TEST_CASE("sessions: a name that every line begins with is the server's, and refused") {
  CHECK(LogFile(line(0, "portal.example") + line(1, "portal.example") + line(2, "portal.example")).error() ==
        ":1: every line begins with 'portal.example', which is no address: expected the client's, or a log of several "
        "clients");
  CHECK(LogFile(line(0, "portal.example") + line(1, "192.0.2.1")).read()->sessions.size() == 2);
  std::string hosts;
  for (int i = 0; i < 6; ++i) hosts += line(i, fmt::format("portal.example:80 192.0.2.{}", i));
  CHECK(LogFile(hosts).read()->sessions.size() == 6);
  CHECK(LogFile(line(9000, "192.0.2.1") + line(6000, "192.0.2.2") + line(3000, "192.0.2.3"))
            .error()
            .starts_with(":2: goes back in time by more than 5 minutes: "));
}

TEST_CASE("sessions: the bounds of memory hold, and are said") {
  std::string text;
  for (int i = 0; i < 20; ++i) text += line(i, "192.0.2.1", fmt::format("GET /{} HTTP/1.1", i));
  LogFile log(text);
  log.options.bounds.requests_per_session = 15;
  CHECK(log.read()->sessions[0].requests.size() == 15);
  CHECK(log.notes.at(0).starts_with("5 of 20 lines left out as beyond 1000 requests of one session; the first: "));
  log.notes.clear();
  log.options.bounds = {};
  log.options.bounds.paths = 12;
  CHECK(log.read()->paths.size() == 12);
  CHECK(log.notes.at(0).starts_with("8 of 20 lines left out as beyond 65536 different paths; the first: "));
  log.options.bounds = {};
  log.options.bounds.requests = 10;
  CHECK(log.error() == ": more than 2000000 sessions or 10 requests: play a shorter part of the log");
}

TEST_CASE("session replay: arrivals are the recorded instants, for every seed, in exact parts") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += line(i + i * i % 7, fmt::format("10.0.0.{}", i));
  LogFile log(text);
  const Load load = replay_load(log);
  const auto whole = all_of(load);
  REQUIRE(whole.size() == 500);
  CHECK(count_arrivals(load, 9, Segment{}) == 500);
  for (std::size_t i = 0; i < 500; ++i) {
    CHECK(whole[i].index == i);
    CHECK(whole[i].offset == load.sessions->recording->sessions[i].start);
  }
  const auto other_seed = all_of(load, 2);
  CHECK(std::equal(whole.begin(), whole.end(), other_seed.begin(),
                   [](auto& a, auto& b) { return a.index == b.index && a.offset == b.offset; }));
  std::vector<Arrival> united;
  for (std::uint64_t segment = 0; segment < 3; ++segment) {
    for (std::uint64_t worker = 0; worker < 4; ++worker) {
      for (const Arrival& arrival : all_of(load, 1, Share{Segment{segment, 3}, worker, 4})) united.push_back(arrival);
    }
  }
  std::sort(united.begin(), united.end(), [](auto& a, auto& b) { return a.index < b.index; });
  CHECK(std::equal(united.begin(), united.end(), whole.begin(), whole.end(),
                   [](auto& a, auto& b) { return a.index == b.index && a.offset == b.offset; }));
}

TEST_CASE("session replay: speed divides times, scale plays some sessions or some more than once") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += line(i * 10, fmt::format("10.0.0.{}", i), fmt::format("GET /{} HTTP/1.1", i));
  LogFile log(text);
  const Load load = replay_load(log);
  const Load fast = sped_up(load, 4);
  CHECK(fast.length() == load.length() / 4);
  CHECK(all_of(fast)[37].offset == 92500ms);
  CHECK(fast.intensity.total() == Approx(100));

  const auto path = [&](const Load& of, std::uint64_t arrival) {
    return of.sessions->recording->paths[of.sessions->session(arrival).requests[0].path];
  };
  const Load tenth = scaled(load, 0.1);
  const auto few = all_of(tenth);
  REQUIRE(few.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) {
    CHECK(few[i].offset == std::chrono::seconds(100 * i));
    CHECK(path(tenth, i) == fmt::format("/{}", 10 * i));
  }
  CHECK(tenth.intensity.total() == Approx(10));

  const Load triple = scaled(load, 3);
  const auto many = all_of(triple);
  REQUIRE(many.size() == 300);
  CHECK(path(triple, 3) == "/1");
  CHECK(path(triple, 5) == "/1");
  CHECK(path(triple, 299) == "/99");
  CHECK(to_seconds(many[4].offset) == Approx(10 + 10.0 / 3));
  CHECK(std::is_sorted(many.begin(), many.end(), [](auto& a, auto& b) { return a.offset < b.offset; }));
  CHECK(many.back().offset < triple.length());
  for (const double factor : {0.37, 0.999, 1.01, 2.5, 1.0 / 3, 1.0 / 7}) {
    const Load some = scaled(load, factor);
    CHECK(all_of(some).size() == static_cast<std::size_t>(std::floor(100 * factor + 1e-9)));
    CHECK(path(some, 0) == "/0");
  }
}

TEST_CASE("a replayed rate: Poisson with that rate, by its seed") {
  CsvFile file("0,500\n100,1500\n200,0\n300,1000\n400,1000\n");
  Load load;
  load.kind = LoadKind::replay;
  load.intensity = file.read().value();
  double counts[5] = {};
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    for (const Arrival& arrival : all_of(load, seed)) ++counts[arrival.offset / 100s];
  }
  const double expected[] = {500, 1500, 0, 1000, 1000};
  for (int i = 0; i < 5; ++i) CHECK(std::abs(counts[i] / 40 - expected[i]) <= 3.9 * std::sqrt(expected[i] / 40));
  CHECK(all_of(load, 3).front().offset == all_of(load, 3).front().offset);
  CHECK(all_of(load, 3).front().offset != all_of(load, 4).front().offset);
}

TEST_CASE("access log: the seeds of the fuzz target are sessions in order or one line") {
  for (const auto& file : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/sessions")) {
    INFO(file.path());
    std::vector<std::string> notes;
    const auto recording = read_access_log(NamedFile::of_caller(file.path().string()), {}, notes);
    if (recording.has_error()) {
      CHECK(recording.error().message.find('\n') == std::string::npos);
      continue;
    }
    const auto& sessions = recording.value()->sessions;
    CHECK(std::is_sorted(sessions.begin(), sessions.end(),
                         [](const auto& a, const auto& b) { return a.start < b.start; }));
    for (const RecordedSession& session : sessions) CHECK_FALSE(session.requests.empty());
  }
}
