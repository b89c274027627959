#include "runs/rate_chart.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <sstream>

using namespace gelombang;
using namespace std::chrono_literals;

namespace {

Intensity steps() {
  Intensity rate;
  rate.add_piece(10s, Rate::per_second(10), Rate::per_second(10));
  rate.add_piece(10s, Rate{}, Rate{});
  rate.add_piece(20s, Rate::per_second(40), Rate::per_second(40));
  return rate;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("rate chart: columns are as high as the rate, over an axis of time") {
  CHECK(rate_chart(steps(), {33, 4, false}) ==
        "    40.0/s |          ##########\n"
        "           |          ##########\n"
        "    20.0/s |          ##########\n"
        "           |#####     ##########\n"
        "           +---------+---------+\n"
        "           0       20s       40s\n");
}

TEST_CASE("rate chart: Unicode has eight steps to a row") {
  Intensity rate;
  for (int i = 1; i <= 10; ++i) rate.add_piece(1s, Rate::per_second(i), Rate::per_second(i));
  CHECK(lines_of(rate_chart(rate, {23, 1, true})).at(0) == "    10.0/s ┤▁▂▂▃▄▅▆▆▇█");
}

TEST_CASE("rate chart: it keeps to the width, and whatever is above zero can be seen") {
  Intensity rate;
  rate.add_piece(1h, Rate::per_second(0.001), Rate::per_second(0.001));
  rate.add_piece(1h, Rate::per_second(5000), Rate::per_second(5000));
  for (const int width : {20, 40, 80, 132, 1000}) {
    const auto lines = lines_of(rate_chart(rate, {width, 8, false}));
    REQUIRE(lines.size() == 10);
    for (const std::string& line : lines) CHECK(static_cast<int>(line.size()) <= std::max(width, 24));
    CHECK(lines[7].find('.') != std::string::npos);
    CHECK(lines[0].find("5000/s") != std::string::npos);
  }
}
