#include "sandbox/wave.hpp"

#include "tests/support/catch.hpp"

#include <algorithm>
#include <set>

using namespace gelombang;
using namespace gelombang::sandbox;
using namespace std::chrono_literals;

namespace {

std::vector<Participant> people(std::int64_t count) {
  std::vector<Participant> list;
  for (std::int64_t i = 1; i <= count; ++i) list.push_back({i, "kk" + std::to_string(i)});
  return list;
}

}  // namespace

TEST_CASE("wave: the calendar closes it, then evaluates half-way to the announcement") {
  Wave wave;
  wave.opened_at = WallTime{100s};
  REQUIRE(due_state(wave, WallTime{1'000'000s}) == WaveState::open);  // without a closing hour it stays open
  wave.closes_at = WallTime{200s};
  REQUIRE(due_state(wave, WallTime{200s} - 1ns) == WaveState::open);
  REQUIRE(due_state(wave, WallTime{200s}) == WaveState::processing);
  wave.state = WaveState::processing;
  wave.closed_at = WallTime{200s};
  wave.result_delay = 10s;
  REQUIRE(due_state(wave, WallTime{204s}) == WaveState::processing);
  REQUIRE(due_state(wave, WallTime{205s}) == WaveState::evaluating);
  wave.state = WaveState::evaluating;
  REQUIRE(due_state(wave, WallTime{204s}) == WaveState::evaluating);  // a clock that is set back undoes nothing
  REQUIRE(due_state(wave, WallTime{210s}) == WaveState::announced);
}

TEST_CASE("draw: the quota is met exactly, and repeated from its seed") {
  const DrawSeed seed = random_draw_seed();
  const auto selected = draw(people(1000), 100, seed);
  REQUIRE(selected.size() == 100);
  REQUIRE(std::set<std::int64_t>(selected.begin(), selected.end()).size() == 100);
  auto shuffled = people(1000);
  std::reverse(shuffled.begin(), shuffled.end());
  REQUIRE(draw(shuffled, 100, seed) == selected);  // the order of the list does not matter
  REQUIRE(draw(people(1000), 100, random_draw_seed()) != selected);
  REQUIRE(draw(people(5), 100, seed).size() == 5);
  REQUIRE(draw({}, 100, seed).empty());
}

TEST_CASE("draw: who joined first has no better chance than who joined last") {
  // 400 draws of 50 out of 100: each person is drawn 200 times, standard deviation 10. The first half together is drawn
  // 10,000 times, standard deviation about 50. Six of those are 1 in 5e8.
  std::int64_t early = 0;
  for (int i = 0; i < 400; ++i) {
    DrawSeed seed{};
    seed[0] = static_cast<unsigned char>(i);
    seed[1] = static_cast<unsigned char>(i / 256);
    const auto selected = draw(people(100), 50, seed);
    early += std::count_if(selected.begin(), selected.end(), [](std::int64_t account) { return account <= 50; });
  }
  REQUIRE(early > 10'000 - 300);
  REQUIRE(early < 10'000 + 300);
}

TEST_CASE("draw: at most two of one family") {
  std::vector<Participant> family;
  for (std::int64_t i = 1; i <= 10; ++i) family.push_back({i, "same"});
  family.push_back({11, "other"});
  const auto selected = draw(family, 100, random_draw_seed());
  REQUIRE(selected.size() == 3);
  REQUIRE(std::count(selected.begin(), selected.end(), 11) == 1);
}

TEST_CASE("dashboard: the portal's own words for each state") {
  const ApplicantSteps all{true, true, true};
  const ApplicantSteps some{true, false, false};
  const auto text = [](const DashboardStatus& status) { return std::string(status.text); };
  REQUIRE(text(dashboard_status(all, WaveState::open, true, false)) == "Menunggu gelombang ditutup");
  REQUIRE(text(dashboard_status(all, WaveState::processing, true, false)) == "Sedang diproses");
  REQUIRE(text(dashboard_status(all, WaveState::evaluating, true, false)) == "Sedang dievaluasi");
  REQUIRE(text(dashboard_status(all, WaveState::announced, true, false)) == "Kamu Belum Berhasil");
  REQUIRE(text(dashboard_status(all, WaveState::open, false, false)) == "Ikut Seleksi");
  REQUIRE(text(dashboard_status(all, WaveState::announced, false, false)) == "Gelombang tidak ditemukan");
  REQUIRE(text(dashboard_status(all, std::nullopt, false, false)) == "Gelombang tidak ditemukan");
  REQUIRE(dashboard_status(some, WaveState::open, false, false).code == "INCOMPLETE");
  REQUIRE(some.next() == "id_card");
  REQUIRE(dashboard_status(some, WaveState::open, false, true).code == "SELECTED");
}
