#include "engine/lua/user_places.hpp"

#include "tests/support/catch.hpp"

#include <atomic>
#include <cstdint>
#include <thread>

using namespace gelombang;

TEST_CASE("user places: as many as the limit, and the most that were taken is remembered") {
  UserPlaces places;
  CHECK(places.take(2));
  CHECK(places.take(2));
  CHECK_FALSE(places.take(2));
  CHECK(places.taken() == 2);
  places.give_back();
  CHECK(places.take(2));
  places.give_back();
  places.give_back();
  CHECK(places.taken() == 0);
  CHECK(places.most() == 2);
}

TEST_CASE("user places: who is refused takes nobody's place, not even for a moment") {
  UserPlaces places;
  std::atomic<bool> over{false};
  std::thread refused([&] {
    while (!over) static_cast<void>(places.take(0));
  });
  std::uint64_t wrong = 0;
  for (int i = 0; i < 300'000; ++i) {
    if (places.take(1)) {
      places.give_back();
    } else {
      ++wrong;
    }
  }
  over = true;
  refused.join();
  CHECK(wrong == 0);
  CHECK(places.most() == 1);
}
