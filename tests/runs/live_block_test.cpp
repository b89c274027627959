// The rows of the live block at any terminal size.
#include "runs/live_block.hpp"
#include "tests/support/catch.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace gelombang;

namespace {

const std::vector<BlockLine> kOutage{
    {"", {{"██████████░░░░░░░░░░", Color::cyan}, {"48.0 s left"}}},
    {"arrivals", {{"asked    20.0/s"}, {"started    18.8/s"}, {"requests    41.2/s"}}},
    {"people", {{"   78 will try again"}, {"35 lost"}, {"1.06 times the requests of a calm crowd"}}},
    {"warning",
     {{"schedule lag: one arrival in a hundred started 1.27 s late or more, 159 % of the tightest latency "
       "threshold, 800 ms"}}},
    {"", {{"keys: p pause, + - rate, q stop"}}}};

std::size_t columns(const std::string& row) {
  return static_cast<std::size_t>(
      std::count_if(row.begin(), row.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80; }));
}

// The text without blanks and line breaks.
std::string words(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c != ' ' && c != '\n') result += c;
  }
  return result;
}

std::string joined(const std::vector<std::string>& rows) {
  std::string text;
  for (const std::string& row : rows) text += row + '\n';
  return text;
}

}  // namespace

TEST_CASE("live block: every row is shorter than the terminal is wide, and nothing is lost") {
  const Terminal terminal(-1, false);
  std::string all;
  for (const BlockLine& line : kOutage) {
    all += line.label;
    for (const BlockCell& cell : line.cells) all += cell.text;
  }
  for (int width = 20; width <= 200; ++width) {
    const auto rows = block_rows(kOutage, {width, 100}, terminal);
    INFO(width << " columns\n" << joined(rows));
    for (const std::string& row : rows) CHECK(columns(row) < static_cast<std::size_t>(width));
    CHECK(words(joined(rows)) == words(all));
  }
}

TEST_CASE("live block: cells stay together, and go on below their first one") {
  const Terminal terminal(-1, false);
  CHECK(joined(block_rows({kOutage[2]}, {80, 24}, terminal)) ==
        "  people       78 will try again   35 lost\n"
        "            1.06 times the requests of a calm crowd\n");
  CHECK(joined(block_rows({kOutage[2]}, {120, 24}, terminal)) ==
        "  people       78 will try again   35 lost   1.06 times the requests of a calm crowd\n");
  CHECK(joined(block_rows({kOutage[3]}, {60, 24}, terminal)) ==
        "  warning   schedule lag: one arrival in a hundred started\n"
        "            1.27 s late or more, 159 % of the tightest\n"
        "            latency threshold, 800 ms\n");
  CHECK(joined(block_rows({{"p95", {{"x"}, {std::string(30, '#')}}}}, {40, 24}, terminal)) ==
        "  p95       x\n            " + std::string(27, '#') + "\n            ###\n");
}

TEST_CASE("live block: no more rows than the terminal has, less that of the cursor") {
  const Terminal terminal(-1, false);
  for (int height = 1; height < 12; ++height) {
    const auto rows = block_rows(kOutage, {60, height}, terminal);
    CHECK(rows.size() <= static_cast<std::size_t>(std::max(1, height - 1)));
    CHECK(rows.front().find("48.0 s left") != std::string::npos);
  }
}
