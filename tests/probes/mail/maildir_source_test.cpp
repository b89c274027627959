#include "probes/mail/maildir_source.hpp"

#include "probes/mail/folder.hpp"
#include "probes/mail/message.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/fake_clock.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct Maildir {
  TemporaryDirectory temporary;
  std::string root = temporary.file("box");
  FakeClock clock;
  std::unique_ptr<MailSource> source;
  int next = 0;
  bool whole = true;

  Maildir() { make(""); }
  void make(const std::string& folder) const {
    for (const char* part : {"/new", "/cur", "/tmp"}) fs::create_directories(root + "/" + folder + part);
  }
  std::string deliver(const std::string& text, const std::string& folder = "", const std::string& part = "new") {
    const std::string name = std::to_string(++next) + ".x.host";
    write_file(root + "/" + folder + "/tmp/" + name, text);
    std::string path = root + "/" + folder + "/" + part + "/" + name;
    fs::rename(root + "/" + folder + "/tmp/" + name, path);
    return path;
  }
  void open() {
    auto result = open_maildir(root, clock);
    REQUIRE(result.has_value());
    source = std::move(result).value();
  }
  // Takes one look. Returns its mails, sorted. A "!" in front marks spam.
  std::vector<std::string> look() {
    std::vector<std::string> seen;
    const Look one = source->look([&](const RawMail& mail) {
      seen.push_back((mail.folder == MailFolder::spam ? "!" : "") + std::string(mail.bytes));
    });
    CHECK_FALSE(one.fault.has_value());
    whole = one.whole;
    std::sort(seen.begin(), seen.end());
    return seen;
  }
};

using Seen = std::vector<std::string>;

}  // namespace

TEST_CASE("maildir: what was there before is history, new mail is handed over once") {
  Maildir box;
  box.deliver("old");
  box.deliver("older", "", "cur");
  box.open();
  CHECK(box.look().empty());
  box.deliver("a");
  box.deliver("b", "", "cur");
  CHECK(box.look() == Seen{"a", "b"});
  CHECK(box.look().empty());
}

TEST_CASE("maildir: a mail that a reader moves to cur/ and flags is not new again") {
  Maildir box;
  box.open();
  const std::string path = box.deliver("a");
  CHECK(box.look() == Seen{"a"});
  fs::rename(path, box.root + "/cur/1.x.host:2,S");
  CHECK(box.look().empty());
}

TEST_CASE("maildir: unchanged directories are not read again, changed ones are") {
  Maildir box;
  box.open();
  for (const char* part : {"/new", "/cur"}) {
    fs::last_write_time(box.root + part, fs::file_time_type::clock::now() - 1h);
  }
  CHECK(box.look().empty());
  CHECK(box.look().empty());
  box.deliver("a");
  CHECK(box.look() == Seen{"a"});
}

TEST_CASE("maildir: spam folders of both layouts are found, also when they appear later") {
  Maildir box;
  box.make(".Junk");
  box.deliver("old", ".Junk");
  box.open();
  box.deliver("a", ".Junk");
  CHECK(box.look() == Seen{"!a"});
  box.make(".INBOX.Spam");
  box.make("Bulk Mail");
  box.make(".Drafts");
  box.deliver("b", ".INBOX.Spam");
  box.deliver("c", "Bulk Mail");
  box.deliver("d", ".Drafts");
  CHECK(box.look() == Seen{"!b", "!c"});
  fs::remove_all(box.root + "/.INBOX.Spam");
  CHECK(box.look().empty());
}

TEST_CASE("maildir: a mail is cut at the limit, and pipes, directories and dot files are no mail") {
  Maildir box;
  box.open();
  box.deliver(std::string(kMaxMailBytes + 1000, 'x'));
  REQUIRE(::mkfifo((box.root + "/new/pipe").c_str(), 0600) == 0);
  fs::create_directory(box.root + "/new/directory");
  write_file(box.root + "/new/.hidden", "x");
  const auto seen = box.look();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].size() == kMaxMailBytes);
}

TEST_CASE("maildir: the time of the first look stays with a mail that could not be read then") {
  Maildir box;
  box.open();
  // Opening a link to itself fails with ELOOP, for root too.
  const std::string path = box.root + "/new/7.x.host";
  fs::create_symlink(path, path);
  box.deliver("good");
  std::vector<std::pair<std::string, TimePoint>> seen;
  const auto deliver = [&](const RawMail& mail) { seen.emplace_back(mail.bytes, mail.seen_at); };
  const TimePoint first = box.clock.now();
  const auto fault = box.source->look(deliver).fault;
  REQUIRE(fault.has_value());
  CHECK(info(fault->error).side == ErrorSide::mailbox);
  REQUIRE(seen.size() == 1);
  box.clock.advance(3s);
  fs::remove(path);
  write_file(path, "mended");
  CHECK_FALSE(box.source->look(deliver).fault.has_value());
  REQUIRE(seen.size() == 2);
  CHECK(seen[1].first == "mended");
  CHECK(seen[1].second == first);
}

TEST_CASE("maildir: a mail that stays unreadable is given up, and may have been anybody's") {
  Maildir box;
  box.open();
  const std::string path = box.root + "/new/7.x.host";
  fs::create_symlink(path, path);
  const TimePoint first = box.clock.now();
  std::vector<RawMail> unreadable;
  const auto deliver = [&](const RawMail& mail) { unreadable.push_back(mail); };
  int faults = 0;
  while (box.source->look(deliver).fault) ++faults;
  CHECK(faults == 5);
  REQUIRE(unreadable.size() == 1);
  CHECK(unreadable[0].unreadable == ErrorClass::mailbox_unreachable);
  CHECK(unreadable[0].seen_at == first);
  box.deliver("good");
  CHECK(box.look() == Seen{"good"});
}

TEST_CASE("maildir: what one look reads is bounded, and the next one goes on") {
  Maildir box;
  box.open();
  for (int i = 0; i < 2'500; ++i) box.deliver(std::to_string(i));
  std::vector<std::size_t> read;
  do {
    read.push_back(box.look().size());
  } while (!box.whole);
  CHECK(read == std::vector<std::size_t>{1'000, 1'000, 500});
}

TEST_CASE("maildir: mails that a look left to the next one keep the time of the look that saw them first") {
  Maildir box;
  box.open();
  for (int i = 0; i < 2'500; ++i) box.deliver("flood");
  const TimePoint first = box.clock.now();
  std::map<std::pair<std::string, TimePoint>, int> seen;
  const auto look = [&] {
    return box.source->look([&](const RawMail& mail) { ++seen[{std::string(mail.bytes), mail.seen_at}]; }).whole;
  };
  CHECK_FALSE(look());
  box.clock.advance(3s);
  box.deliver("later");
  while (!look()) {
  }
  CHECK(seen == decltype(seen){{{"flood", first}, 2'500}, {{"later", first + 3s}, 1}});
}

TEST_CASE("maildir: more mails than are kept in mind are a limit of ours, until some are gone") {
  Maildir box;
  box.source = open_maildir(box.root, box.clock, 10).value();
  std::vector<std::string> paths;
  for (int i = 0; i < 11; ++i) paths.push_back(box.deliver("x"));
  const auto fault = box.source->look([](const RawMail&) {}).fault;
  REQUIRE(fault);
  CHECK(fault->error == ErrorClass::mailbox_limit);
  CHECK(open_maildir(box.root, box.clock, 10).has_error());
  fs::remove(paths[3]);
  CHECK(box.look().size() == 10);
}

TEST_CASE("maildir: a directory that goes away is a fault of the mailbox, and comes back without duplicates") {
  Maildir box;
  box.open();
  box.deliver("a");
  CHECK(box.look() == Seen{"a"});
  fs::rename(box.root, box.root + ".away");
  const auto fault = box.source->look([](const RawMail&) {}).fault;
  REQUIRE(fault.has_value());
  CHECK(fault->error == ErrorClass::mailbox_unreachable);
  fs::rename(box.root + ".away", box.root);
  CHECK(box.look().empty());
}

TEST_CASE("maildir: what is no Maildir is refused with one line") {
  TemporaryDirectory temporary;
  FakeClock clock;
  write_file(temporary.file("file"), "x");
  for (const std::string& path : {std::string(), temporary.file("none"), temporary.file("file"), temporary.path()}) {
    const auto result = open_maildir(path, clock);
    REQUIRE(result.has_error());
    CHECK(result.error().message.find("mailbox") != std::string::npos);
    CHECK(result.error().message.find('\n') == std::string::npos);
  }
}

TEST_CASE("mail folder: spam folders are known by their usual names, the bin is none") {
  CHECK(is_spam_folder_name("Junk", '.'));
  CHECK(is_spam_folder_name("SPAM", '/'));
  CHECK(is_spam_folder_name("[Gmail]/Spam", '/'));
  CHECK(is_spam_folder_name("INBOX.Junk E-mail", '.'));
  CHECK(is_spam_folder_name("Bulk Mail", '\0'));
  CHECK(is_spam_folder_name("Email Sampah", '/'));
  CHECK_FALSE(is_spam_folder_name("[Gmail]/Sampah", '/'));
  CHECK_FALSE(is_spam_folder_name("Not Spam", '/'));
  CHECK_FALSE(is_spam_folder_name("Spam/Old", '/'));
  CHECK_FALSE(is_spam_folder_name("", '/'));
}

}  // namespace gelombang::test
