#include "engine/feeder.hpp"

#include "base/synthetic_person.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <set>

using namespace gelombang;
using gelombang::test::TemporaryDirectory;
using gelombang::test::write_file;

namespace {

Result<std::shared_ptr<const CsvTable>> read_text(const std::string& text) {
  const TemporaryDirectory directory;
  const std::string path = directory.file("accounts.csv");
  write_file(path, text);
  auto table = read_csv(path);
  if (table.has_value()) return table;
  // The directory's name is another one each time.
  std::string message = table.error().message;
  const std::size_t at = message.find(path);
  REQUIRE(at == 0);
  return Error{message.replace(0, path.size(), "accounts.csv")};
}

using Row = std::vector<std::string>;

std::shared_ptr<const CsvTable> rows_of(std::size_t count) {
  auto table = std::make_shared<CsvTable>();
  table->columns = {"email"};
  for (std::size_t i = 0; i < count; ++i) table->rows.push_back({std::to_string(i)});
  return table;
}

Feed csv_feed(FeederOrder order, std::size_t rows) {
  Feed feed;
  feed.order = order;
  feed.csv = rows_of(rows);
  return feed;
}

}  // namespace

TEST_CASE("csv: a header and rows, with or without a last line break") {
  for (const char* text : {"email,password\na@x.test,1\nb@x.test,2\n", "email,password\na@x.test,1\nb@x.test,2",
                           "email,password\r\na@x.test,1\r\nb@x.test,2\r\n",
                           "\xEF\xBB\xBF"
                           "email,password\na@x.test,1\nb@x.test,2\n",
                           "email,password\n\na@x.test,1\n\n\nb@x.test,2\n\n"}) {
    const auto table = read_text(text);
    REQUIRE(table.has_value());
    CHECK(table.value()->columns == Row{"email", "password"});
    REQUIRE(table.value()->rows.size() == 2);
    CHECK(table.value()->rows[0] == Row{"a@x.test", "1"});
    CHECK(table.value()->rows[1] == Row{"b@x.test", "2"});
  }
}

TEST_CASE("csv: quotes hold commas, quotes and line breaks") {
  const auto table = read_text("name,address\n\"Beban, Uji\",\"Jalan \"\"Contoh\"\"\nRT 1\"\n\"\",x\n");
  REQUIRE(table.has_value());
  REQUIRE(table.value()->rows.size() == 2);
  CHECK(table.value()->rows[0] == Row{"Beban, Uji", "Jalan \"Contoh\"\nRT 1"});
  CHECK(table.value()->rows[1] == Row{"", "x"});
}

TEST_CASE("csv: a file larger than any buffer keeps every row") {
  std::string text = "index,filler\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",\"filler, " + std::to_string(i) + "\"\n";
  REQUIRE(text.size() > 400000);
  const auto table = read_text(text);
  REQUIRE(table.has_value());
  REQUIRE(table.value()->rows.size() == 20000);
  for (std::size_t i = 0; i < 20000; ++i) {
    if (table.value()->rows[i] != Row{std::to_string(i), "filler, " + std::to_string(i)}) FAIL("row " << i);
  }
}

TEST_CASE("csv: what cannot be used is refused with file, line and reason") {
  const auto [text, message] = GENERATE(table<std::string, std::string>({
      {"", "accounts.csv:1: the file is empty: expected a header line"},
      {"\n\n", "accounts.csv:1: the file is empty: expected a header line"},
      {"email,password", "accounts.csv:1: no rows below the header"},
      {"email,password\n", "accounts.csv:2: no rows below the header"},
      {"email,password\na,1\nb\n", "accounts.csv:3: 1 fields where the header has 2"},
      {"email,password\na,1\n\nb,2,3\nc,4\n", "accounts.csv:4: 3 fields where the header has 2"},
      {"a,b\n\"x\ny\nz\",1\n2\n", "accounts.csv:5: 1 fields where the header has 2"},
      {"email,email\na,b\n", "accounts.csv:1: two columns are named 'email'"},
      {"email,\na,b\n", "accounts.csv:1: column 2 has no name"},
      {"email\na\n\"b\n", "accounts.csv:4: the file ends within quotes"},
      {"email\na\nb\"c\n", "accounts.csv:3: a quote inside a field: expected it doubled, in a field within quotes"},
      {"email\n\"a\"b\n", "accounts.csv:2: a quote inside a field: expected it doubled, in a field within quotes"},
  }));
  const auto result = read_text(text);
  REQUIRE(result.has_error());
  CHECK(result.error().message == message);
}

TEST_CASE("csv: who reads a file that somebody holds gets the same table, and a changed file is read anew") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("accounts.csv");
  write_file(path, "email\na\n");
  const auto first = read_csv(path);
  const auto second = read_csv(path);
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first.value() == second.value());
  write_file(path, "email\na\nb\n");
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + 1s);
  const auto third = read_csv(path);
  REQUIRE(third.has_value());
  CHECK(third.value()->rows.size() == 2);
  CHECK(first.value()->rows.size() == 1);
}

TEST_CASE("csv: a file that is not there, or is none, is said to be so") {
  const TemporaryDirectory directory;
  CHECK(read_csv(directory.file("none.csv")).error().message ==
        directory.file("none.csv") + ": cannot be read: No such file or directory");
  CHECK(read_csv(directory.path()).error().message == directory.path() + ": cannot be read: Is a directory");
}

TEST_CASE("feed: a queue gives each row once, in order, and then runs dry") {
  const Feed feed = csv_feed(FeederOrder::queue, 3);
  CHECK(feed.size() == 3);
  for (std::uint64_t i = 0; i < 3; ++i) CHECK(feed.row(1, i) == i);
  CHECK_FALSE(feed.row(1, 3));
  CHECK_FALSE(feed.row(1, 1'000'000'000'000));
}

TEST_CASE("feed: a circle begins again") {
  const Feed feed = csv_feed(FeederOrder::circular, 3);
  for (std::uint64_t i = 0; i < 10; ++i) CHECK(feed.row(1, i) == i % 3);
}

TEST_CASE("feed: random rows are a function of seed and iteration, and reach every row alike") {
  const Feed feed = csv_feed(FeederOrder::random, 10);
  std::map<std::uint64_t, int> counts;
  int equal = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    const auto row = feed.row(7, i);
    REQUIRE(row);
    CHECK(row == feed.row(7, i));
    ++counts[*row];
    equal += row == feed.row(8, i);
  }
  REQUIRE(counts.size() == 10);
  for (const auto& [row, count] : counts) CHECK(std::abs(count - 1000) < 105);  // 3.5 standard deviations
  CHECK(std::abs(equal - 1000) < 105);                                          // another seed, another order
}

TEST_CASE("feed: people without an end never run dry, in any order") {
  Feed feed;
  feed.order = GENERATE(FeederOrder::queue, FeederOrder::circular, FeederOrder::random);
  feed.people = PeopleFeed{1, 0, 0, ""};
  CHECK(feed.size() == 0);
  CHECK(feed.row(1, 123456789) == 123456789);
}

TEST_CASE("feed: people are those that everybody else makes of the same seed and number") {
  Feed feed;
  feed.people = PeopleFeed{5, 1000, 10, "kantor.test"};
  feed.order = FeederOrder::circular;
  const SyntheticPerson person = synthetic_person(5, 1003, "kantor.test");
  const auto row = feed.row(99, 13);
  REQUIRE(row);
  const Fields fields = fields_of(feed, *row);
  const std::map<std::string, std::string> by_name(fields.begin(), fields.end());
  CHECK(by_name == std::map<std::string, std::string>{{"index", "1003"},
                                                      {"name", person.name},
                                                      {"email", person.email},
                                                      {"password", person.password.reveal()},
                                                      {"nik", person.nik},
                                                      {"kk", person.kk},
                                                      {"birth_date", person.birth_date},
                                                      {"sex", person.female ? "female" : "male"}});
  CHECK(person.email.find("@kantor.test") != std::string::npos);
  feed.people->mail_domain = "";
  CHECK(fields_of(feed, *row)[2].second == synthetic_person(5, 1003).email);
}

TEST_CASE("feed: the fields of a CSV row carry the header's names") {
  const auto table = read_text("email,password\na@x.test,1\nb@x.test,2\n");
  REQUIRE(table.has_value());
  Feed feed;
  feed.order = FeederOrder::queue;
  feed.csv = table.value();
  CHECK(fields_of(feed, 1) == Fields{{"email", "b@x.test"}, {"password", "2"}});
}
