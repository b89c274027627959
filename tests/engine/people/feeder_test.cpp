#include "engine/people/feeder.hpp"

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
  auto table = read_csv(NamedFile::of_caller(path));
  if (table.has_value()) return table;
  // Replaced because the directory has another name in each run.
  std::string message = table.error().message;
  const std::size_t at = message.find(path);
  REQUIRE(at == 0);
  return Error{message.replace(0, path.size(), "accounts.csv")};
}

using Row = std::vector<std::string>;

std::shared_ptr<const CsvTable> rows_of(std::size_t count) {
  auto table = std::make_shared<CsvTable>();
  table->columns = {"email"};
  for (std::size_t i = 0; i < count; ++i) table->add_field(std::to_string(i));
  return table;
}

Row row_of(const CsvTable& table, std::size_t row) {
  Row fields;
  for (std::size_t i = 0; i < table.columns.size(); ++i) fields.emplace_back(table.field(row, i));
  return fields;
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
    REQUIRE(table.value()->size() == 2);
    CHECK(row_of(*table.value(), 0) == Row{"a@x.test", "1"});
    CHECK(row_of(*table.value(), 1) == Row{"b@x.test", "2"});
  }
}

TEST_CASE("csv: blanks belong to their field, and a line ends in any of three ways") {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const auto table = read_text("user,password" + end + "ana, p w " + end + "\tb,\" \"" + end);
    REQUIRE(table.has_value());
    REQUIRE(table.value()->size() == 2);
    CHECK(row_of(*table.value(), 0) == Row{"ana", " p w "});
    CHECK(row_of(*table.value(), 1) == Row{"\tb", " "});
  }
}

TEST_CASE("csv: it is the same in pieces of any size, and the bounds hold") {
  const std::string text =
      "\xEF\xBB\xBF"
      "user,note\r\nana,\"a \"\"b\"\"\r\nc\"\r\nJosé,d\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    CsvParser parser;
    for (std::size_t at = 0; at < text.size(); at += piece) REQUIRE(parser.add(text.substr(at, piece)));
    const auto table = parser.finish();
    REQUIRE(table.has_value());
    CHECK(row_of(table.value(), 0) == Row{"ana", "a \"b\"\r\nc"});
    CHECK(row_of(table.value(), 1) == Row{"José", "d"});
  }
  const auto refused = [](const CsvBounds& bounds) {
    CsvParser parser(bounds);
    for (int i = 0; i < 1000 && parser.add("a,b\n"); ++i) {
    }
    return parser.finish().error().message;
  };
  CHECK(refused({.bytes = 100}) == "26: more than 100 bytes: expected a shorter file");
  CHECK(refused({.fields = 10}) == "7: more than 10 fields in all: expected a shorter file");
  CHECK(refused({.columns = 1}) == "1: more than 1 columns");
}

TEST_CASE("csv: quotes hold commas, quotes and line breaks") {
  const auto table = read_text("name,address\n\"Beban, Uji\",\"Jalan \"\"Contoh\"\"\nRT 1\"\n\"\",x\n");
  REQUIRE(table.has_value());
  REQUIRE(table.value()->size() == 2);
  CHECK(row_of(*table.value(), 0) == Row{"Beban, Uji", "Jalan \"Contoh\"\nRT 1"});
  CHECK(row_of(*table.value(), 1) == Row{"", "x"});
}

TEST_CASE("csv: a file larger than any buffer keeps every row") {
  std::string text = "index,filler\n";
  for (int i = 0; i < 20000; ++i) text += std::to_string(i) + ",\"filler, " + std::to_string(i) + "\"\n";
  REQUIRE(text.size() > 400000);
  const auto table = read_text(text);
  REQUIRE(table.has_value());
  REQUIRE(table.value()->size() == 20000);
  for (std::size_t i = 0; i < 20000; ++i) {
    if (row_of(*table.value(), i) != Row{std::to_string(i), "filler, " + std::to_string(i)}) FAIL("row " << i);
  }
}

TEST_CASE("csv: what cannot be used is refused with file, line and reason") {
  const auto [text, message] =
      GENERATE(table<std::string, std::string>({
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
          {"email\na\nb\"c\n",
           "accounts.csv:3: a stray quote in a field: put the field in quotes and double the inner quote"},
          {"user:password\na:b\n", "accounts.csv:1: a colon in the header: expected commas between the columns"},
          {"user\xef\xbc\x8cpassword\na,b\n",
           "accounts.csv:1: a full-width comma in the header: expected commas between the columns"},
          {"email;password\na;1\n", "accounts.csv:1: a semicolon in the header: expected commas between the columns"},
          {"email\tpassword\na\t1\n", "accounts.csv:1: a tab in the header: expected commas between the columns"},
          {"email|password\na|1\n", "accounts.csv:1: a bar in the header: expected commas between the columns"},
          {"email, password\na,1\n",
           "accounts.csv:1: blanks around the name of column 2: expected none, since they belong to it"},
          {"budi@x.test,1\nana@x.test,2\n",
           "accounts.csv:1: column 1 has no name of letters, digits, blanks and -./()#%&+:': expected a header line"},
          {"name,1\na,2\n",
           "accounts.csv:1: column 2 has no name of letters, digits, blanks and -./()#%&+:': expected a header line"},
          {"<html>\n<body>\n",
           "accounts.csv:1: column 1 has no name of letters, digits, blanks and -./()#%&+:': expected a header line"},
          {"\xFF\xFE"
           "e\n",
           "accounts.csv:1: is UTF-16: expected UTF-8"},
          {"email\na\nJos\xE9\n", "accounts.csv:3: bytes that are not UTF-8: expected text in UTF-8"},
          {std::string("email\na\0b\n", 10), "accounts.csv:2: a zero byte: expected text in UTF-8"},
          {"email\na\n \"b\"\n",
           "accounts.csv:3: a stray quote in a field: put the field in quotes and double the inner quote"},
          {"email,password\ra,1\rb\r", "accounts.csv:3: 1 fields where the header has 2"},
          {"email\na\n" + std::string(70000, 'x') + "\n",
           "accounts.csv:3: a field of more than 65536 bytes: expected a comma, the line's end or the closing quote"},
          {"email\na\n" + std::string(1100000, 'x'),
           "accounts.csv:3: a line of more than 1048576 bytes: expected a shorter one"},
          {"email\na\n\"b\n" +
               []() {
                 std::string lines;
                 while (lines.size() < 1500000) lines += "c,d,e\n";
                 return lines;
               }(),
           "accounts.csv:3: a field of more than 65536 bytes: expected a comma, the line's end or the closing quote"},
          {"email\n\"a\"b\n",
           "accounts.csv:2: a stray quote in a field: put the field in quotes and double the inner quote"},
      }));
  const auto result = read_text(text);
  REQUIRE(result.has_error());
  CHECK(result.error().message == message);
}

TEST_CASE("csv: who reads a file that somebody holds gets the same table, and a changed file is read anew") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("accounts.csv");
  write_file(path, "email\na\n");
  const auto first = read_csv(NamedFile::of_caller(path));
  const auto second = read_csv(NamedFile::of_caller(path));
  REQUIRE(first.has_value());
  REQUIRE(second.has_value());
  CHECK(first.value() == second.value());
  write_file(path, "email\na\nb\n");
  using namespace std::chrono_literals;
  std::filesystem::last_write_time(path, std::filesystem::last_write_time(path) + 1s);
  const auto third = read_csv(NamedFile::of_caller(path));
  REQUIRE(third.has_value());
  CHECK(third.value()->size() == 2);
  CHECK(first.value()->size() == 1);
}

TEST_CASE("csv: a file that is not there, or is none, is said to be so") {
  const TemporaryDirectory directory;
  CHECK(read_csv(NamedFile::of_caller(directory.file("none.csv"))).error().message ==
        directory.file("none.csv") + ": cannot be read: No such file or directory");
  CHECK(read_csv(NamedFile::of_caller(directory.path())).error().message ==
        directory.path() + ": is a directory: expected a regular file");
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
  CHECK(std::abs(equal - 1000) < 105);                                          // another seed gives another order
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
