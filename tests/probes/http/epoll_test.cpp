// The kernel may have no room for another watched descriptor (fs.epoll.max_user_watches), or no memory.
#include "tests/support/catch.hpp"
#include "tests/support/http_harness.hpp"
#include "tests/support/raw_server.hpp"

#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>

namespace {

std::atomic<int> refusal{0};  // the errno of epoll_ctl for a watch with EPOLLIN alone; 0: none

}  // namespace

// Replaces the C library's function in this program. Asio's own watches have more events than EPOLLIN, so they never
// fail.
extern "C" int epoll_ctl(int set, int operation, int fd, epoll_event* event) noexcept {
  if (refusal != 0 && operation != EPOLL_CTL_DEL && event->events == EPOLLIN) {
    errno = refusal;
    return -1;
  }
  return static_cast<int>(syscall(SYS_epoll_ctl, set, operation, fd, event));
}

using namespace gelombang;
using namespace gelombang::test;

TEST_CASE("http epoll: a connection that the kernel has no room to watch ends as our fault") {
  const int error = GENERATE(ENOSPC, ENOMEM);
  const bool paced = GENERATE(false, true);
  CAPTURE(error, paced);
  RawServer silent([](RawConnection& connection) { connection.wait_for_close(); });
  RawServer good(keep_alive([](const std::string&) { return http_answer("ok"); }));
  HttpHarness http;
  const NetworkProfile fast{"fast", 10'000'000, 10'000'000, std::chrono::milliseconds(1)};
  if (paced) http.user().set_network(&fast);
  refusal = error;
  const HttpResult result = http.get(silent.url());
  refusal = 0;
  REQUIRE(result.hops.size() == 1);
  CHECK(name(result.hops[0].error) == "generator_memory");
  CHECK(result.hops[0].outcome == Outcome::failure);
  CHECK(http.client().open_connections() == 0);
  CHECK(name(http.get(good.url()).hops[0].error) == "none");
}
