// The files that a scenario may read: beside the scenario or below it, in the shipped folder, and files that the caller
// named.
#include "engine/files/scenario_folder.hpp"

#include "tests/engine/scenario_files.hpp"
#include "tests/support/catch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace gelombang;
using gelombang::test::ScenarioFiles;
using gelombang::test::TemporaryDirectory;
using gelombang::test::write_file;

namespace {

namespace fs = std::filesystem;

// A scenario's folder with other files and folders around it.
struct Place {
  Place() {
    for (const char* folder : {"outside", "home/scenario/data", "home/scenario-other", "shipped/lib"})
      fs::create_directories(directory.file(folder));
    for (const char* file : {"outside/secret", "home/secret", "home/scenario-other/secret", "home/scenario/users.csv",
                             "home/scenario/data/users.csv", "shipped/lib/names.csv"})
      write_file(directory.file(file), file);
  }
  [[nodiscard]] ScenarioFolder folder() const {
    return {directory.file("home/scenario/x.lua"), settings, {directory.file("shipped")}};
  }
  // The text that is read under `name`, or "(refused)", or another problem.
  [[nodiscard]] std::string read(std::string_view name) const {
    const auto file = folder().find_data(name);
    if (file.has_error()) return kind_of(file.error().message);
    auto opened = file.value().open();
    if (opened.has_error()) return kind_of(opened.error().message);
    return opened.value().read_all(1000).value();
  }
  [[nodiscard]] static std::string kind_of(const std::string& message) {
    if (message.find("leads out of the scenario's folder: expected a file beside the scenario or below, or a path "
                     "that is the whole value of a --set") != std::string::npos)
      return "(refused)";
    const auto at = message.find(": ");
    return at == std::string::npos ? message : message.substr(at + 2);
  }
  TemporaryDirectory directory;
  std::map<std::string, std::string> settings;
};

}  // namespace

TEST_CASE("scenario folder: a file beside the scenario, below it, and in the shipped folder") {
  const Place place;
  CHECK(place.read("users.csv") == "home/scenario/users.csv");
  CHECK(place.read("./users.csv") == "home/scenario/users.csv");
  CHECK(place.read("data/users.csv") == "home/scenario/data/users.csv");
  CHECK(place.read("data/../users.csv") == "home/scenario/users.csv");
  CHECK(place.read("lib/names.csv") == "shipped/lib/names.csv");
  CHECK(place.read("none.csv") == "cannot be read: No such file or directory");
}

TEST_CASE("scenario folder: a name that leads elsewhere is refused, whether there is such a file or not") {
  const Place place;
  const std::string absolute = place.directory.file("outside/secret");
  for (const std::string& name :
       {absolute, place.directory.file("home/scenario/users.csv"), std::string("../secret"), std::string("../none"),
        std::string("../scenario-other/secret"), std::string("../scenario/users.csv"), std::string("data/../../secret"),
        std::string(".."), std::string(""), std::string("/proc/self/environ"), std::string("//etc/passwd"),
        std::string("users.csv\0.txt", 14)}) {
    INFO(name);
    CHECK(place.read(name) == "(refused)");
  }
}

TEST_CASE("scenario folder: links are followed as long as they stay below") {
  const Place place;
  const auto link = [&place](const std::string& to, const std::string& name) {
    fs::create_symlink(to, place.directory.file("home/scenario/" + name));
  };
  link("data/users.csv", "inner.csv");
  link(place.directory.file("home/scenario/users.csv"), "inner_absolute.csv");
  CHECK(place.read("inner.csv") == "home/scenario/data/users.csv");
  CHECK(place.read("inner_absolute.csv") == "home/scenario/users.csv");
  link("../secret", "outer.csv");
  link(place.directory.file("outside"), "folder");
  link("../scenario-other/secret", "neighbour.csv");
  link("/proc/self/environ", "environ");
  link("/dev/null", "null");
  link("inner_to_outer", "chain");
  link("outer.csv", "inner_to_outer");
  for (const char* name : {"outer.csv", "folder/secret", "neighbour.csv", "environ", "null", "chain"}) {
    INFO(name);
    CHECK(place.read(name) == "(refused)");
  }
  link("gone", "dangling");
  CHECK(place.read("dangling") == "cannot be read: No such file or directory");
}

TEST_CASE("scenario folder: the folder itself may be reached by a link") {
  const Place place;
  fs::create_directory_symlink(place.directory.file("home/scenario"), place.directory.file("short"));
  const ScenarioFolder folder(place.directory.file("short/x.lua"), {}, {});
  CHECK(folder.find_data("data/users.csv").value().open().value().read_all(100).value() ==
        "home/scenario/data/users.csv");
}

TEST_CASE("scenario folder: a link that is turned round after it was found is refused when it is opened") {
  const Place place;
  const std::string path = place.directory.file("home/scenario/users.csv");
  const NamedFile file = place.folder().find_data("users.csv").value();
  fs::remove(path);
  fs::create_symlink(place.directory.file("outside/secret"), path);
  CHECK(Place::kind_of(file.open().error().message) == "(refused)");
}

TEST_CASE("scenario folder: what is no regular file is refused without touching it") {
  const Place place;
  const std::string pipe = place.directory.file("home/scenario/pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(place.read("pipe") == "is a pipe: expected a regular file");  // does not wait for a writer
  CHECK(place.read("data") == "is a directory: expected a regular file");
  CHECK(NamedFile::of_caller("/dev/zero").open().error().message == "/dev/zero: is a device: expected a regular file");
  CHECK(NamedFile::of_caller(pipe).open().error().message == pipe + ": is a pipe: expected a regular file");
}

TEST_CASE("scenario folder: a whole value of --set is a path of the caller's, a part of one is not") {
  Place place;
  const std::string outside = place.directory.file("outside/secret");
  place.settings = {{"log", outside}, {"folder", place.directory.file("outside")}, {"empty", ""}};
  CHECK(place.read(outside) == "outside/secret");
  CHECK(place.read(place.directory.file("outside") + "/secret") == "outside/secret");  // the whole value of "log"
  CHECK(place.read(place.directory.file("outside") + "/./secret") == "(refused)");
  CHECK(place.read("") == "(refused)");
  CHECK(place.read(place.directory.file("outside")) == "is a directory: expected a regular file");
  CHECK(place.folder().find_module(outside).has_error());
}

TEST_CASE("scenario folder: what is written later is not read, and a longer file than is wanted is refused") {
  const Place place;
  const std::string path = place.directory.file("home/scenario/users.csv");
  auto file = place.folder().find_data("users.csv").value().open();
  write_file(path, std::string(1000, 'x'));
  CHECK(file.value().read_all(100).value().size() == std::string("home/scenario/users.csv").size());
  auto longer = place.folder().find_data("users.csv").value().open();
  CHECK(longer.value().read_all(999).error().message == path + ": is 1000 bytes long: expected at most 999");
}

TEST_CASE("scenario files: what leads out is refused in the line that names it") {
  ScenarioFiles files;
  files.write("secret.csv", "email\na\n");
  files.write("s/inner/users.csv", "email\na\n");
  fs::create_symlink(files.path("secret.csv"), files.path("s/link.csv"));
  fs::create_symlink(files.path("secret.csv"), files.path("s/module.lua"));
  const std::string refused = "leads out of the scenario's folder: expected a file beside the scenario or below";
  for (const std::string& call :
       {std::string("feed.csv('../secret.csv')"), "feed.csv('" + files.path("secret.csv") + "')",
        std::string("feed.csv('link.csv')"), std::string("replay.csv('../secret.csv')"),
        std::string("replay.csv('link.csv')"), std::string("replay.access_log('/dev/zero')"),
        std::string("replay.access_log('../none.log')"), std::string("require 'module'")}) {
    files.write("s/scenario.lua", "\nlocal x = " + call);
    const std::string message = files.error_of_file("s/scenario.lua");
    INFO(call << " " << message);
    CHECK(message.starts_with("s/scenario.lua:2: "));
    CHECK(message.find(refused) != std::string::npos);
  }
  files.settings.values = {{"users", files.path("secret.csv")}};
  files.write("s/scenario.lua", R"lua(
    step "a"
    return scenario { people = feed.csv(setting("users")), journeys = { j = { run = function() end } },
      loads = { later = replay.csv("not_there_yet.csv") } })lua");
  const auto scenario = files.load("s/scenario.lua");
  if (scenario.has_error()) FAIL(scenario.error().message);
  CHECK(scenario.value().feed_of(0)->csv->size() == 1);
}
