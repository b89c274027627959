// The live block of a run as a person sees it: on terminals of several widths, while the target hangs, while lines
// appear and vanish, and after a resize of the window.
#include "tests/support/catch.hpp"
#include "tests/support/programs.hpp"
#include "tests/support/tmux.hpp"

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace gelombang::test;
using namespace std::chrono_literals;

namespace {

// People who reload while the target hangs, so that the line about people appears. There are few users, so that
// arrivals are dropped.
const std::string kImpatient = R"lua(
local page = step "page"
local crowd = behaviour { name = "crowd", patience = { median = "800ms", p90 = "1s" }, burst = { 2, 4 },
  gap = { "200ms", "500ms" }, reload = 1 }
return scenario { journeys = { j = { behaviour = crowd,
  run = function() page(function() http.get("/api/waves/current") end) end } } }
)lua";

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

// Whether the screen shows exactly one whole block: its first and its last line once each.
bool holds_one_block(std::string_view screen) {
  return count(screen, " left\n") == 1 && count(screen, "\n  arrivals  asked") == 1 &&
         count(screen, "\n  users ") == 1 && count(screen, "keys: p") == 1;
}

// Reads the screen. If the terminal is still drawing, reads it again a moment later.
std::string look_at(const Tmux& terminal) {
  const std::string first = terminal.screen();
  if (holds_one_block(first)) return first;
  std::this_thread::sleep_for(200ms);
  const std::string again = terminal.screen();
  INFO(first << "then\n" << again);
  CHECK(holds_one_block(again));
  return again;
}

}  // namespace

TEST_CASE("live block: it stays one block at 40, 60, 80 and 120 columns, while the target hangs and after a resize",
          "[integration]") {
  const Sandbox sandbox;
  TemporaryDirectory directory;
  write_file(directory.file("impatient.lua"), kImpatient);
  const std::string run = std::string(GELOMBANG_BINARY_DIR) + "/gelombang run " + directory.file("impatient.lua") +
                          " --target " + sandbox.url() +
                          " --rate 15/s --duration 5m --max-users 40 --metrics-listen off --no-history --seed 1 "
                          "--graceful-stop 1s";
  constexpr std::array<int, 4> kWidths{40, 60, 80, 120};
  std::vector<std::unique_ptr<Tmux>> terminals;
  for (const int width : kWidths) {
    terminals.push_back(std::make_unique<Tmux>(width, 40));
    terminals.back()->enter("clear; " + run + "; echo over-$?");
  }
  for (const auto& terminal : terminals) terminal->await("keys: p");
  sandbox.operate("freeze", R"({"ms": 3000})");
  std::vector<std::string> seen(terminals.size());
  const auto look = [&](int times) {
    for (int i = 0; i < times; ++i) {
      for (std::size_t k = 0; k < terminals.size(); ++k) seen[k] += look_at(*terminals[k]);
      std::this_thread::sleep_for(250ms);
    }
  };
  look(16);
  for (std::size_t k = 0; k < terminals.size(); ++k) terminals[k]->resize(kWidths[(k + 1) % kWidths.size()], 36);
  std::this_thread::sleep_for(1500ms);  // until the block is drawn again
  look(6);
  for (std::size_t k = 0; k < terminals.size(); ++k) {
    INFO(kWidths[k] << " columns");
    CHECK(seen[k].find("will try again") != std::string::npos);
    terminals[k]->press("q");
  }
  for (const auto& terminal : terminals) terminal->await("over-105");
}
