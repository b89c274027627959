#include "runs/control_api.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>
#include <boost/asio/post.hpp>
#include <boost/json.hpp>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <mutex>
#include <utility>

namespace gelombang {
namespace {

constexpr std::size_t kTokenBytes = 24;
constexpr auto kPatience = std::chrono::seconds(2);  // how long to wait for the loop

PageAnswer json_answer(int status, std::string body) { return {status, "application/json", std::move(body), {}}; }

PageAnswer refusal(int status, std::string_view why) {
  return json_answer(status, boost::json::serialize(boost::json::object{{"error", why}}) + "\n");
}

std::string new_token() {
  std::array<unsigned char, kTokenBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  std::string text(2 * kTokenBytes + 1, '\0');
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  text.pop_back();
  return text;
}

Result<std::string> token_path(const std::string& run_id) {
  std::filesystem::path base;
  if (const char* runtime = std::getenv("XDG_RUNTIME_DIR"); runtime != nullptr && *runtime == '/') {
    base = runtime;
  } else if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') {
    base = state;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    base = std::filesystem::path(home) / ".local" / "state";
  } else {
    return Error{"no place for its token: neither XDG_RUNTIME_DIR nor HOME is set"};
  }
  return {Result<std::string>::in_place_value, base / "gelombang" / ("control-" + run_id + ".token")};
}

Result<void> write_token(const std::string& path, const std::string& token) {
  std::error_code problem;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (std::filesystem::create_directories(folder, problem))
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, problem);
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return Error{fmt::format("{}: {}", path, std::strerror(errno))};
  const std::string line = token + "\n";
  const bool written = ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
  const int error = errno;
  ::close(fd);
  if (!written) {
    ::unlink(path.c_str());
    return Error{fmt::format("{}: {}", path, std::strerror(error))};
  }
  return {};
}

}  // namespace

// Held by the server's threads: it may outlive the run by one answer.
struct ControlApi::Handler {
  std::mutex mutex;
  LiveControl* control = nullptr;  // null when the run is over; used on the loop only
  boost::asio::any_io_executor loop;
  std::string token;

  PageAnswer answer(const PageRequest& request, const std::shared_ptr<Handler>& self);
  PageAnswer act(const SteeringRequest* wish) const;
};

PageAnswer ControlApi::Handler::act(const SteeringRequest* wish) const {
  if (control == nullptr) return refusal(409, "the run is over");
  if (wish == nullptr) return json_answer(200, control->state_json());
  const auto done = control->apply(*wish, "http");
  if (!done) return refusal(409, done.error().message);
  return json_answer(200, boost::json::serialize(boost::json::object{{"done", *done}}) + "\n");
}

PageAnswer ControlApi::Handler::answer(const PageRequest& request, const std::shared_ptr<Handler>& self) {
  if (!request.from_loopback) return refusal(403, "requests are accepted only from this machine");
  const std::string expected = "Bearer " + token;
  if (request.authorization.size() != expected.size() ||
      sodium_memcmp(request.authorization.data(), expected.data(), expected.size()) != 0) {
    return refusal(401, "expected the header 'Authorization: Bearer TOKEN'");
  }
  std::shared_ptr<SteeringRequest> wish;
  if (request.method == "POST") {
    auto parsed = parse_steering_request(request.body);
    if (!parsed) return refusal(400, parsed.error().message);
    wish = std::make_shared<SteeringRequest>(std::move(*parsed));
  } else if (request.method != "GET") {
    PageAnswer answer = refusal(405, "expected GET or POST");
    answer.headers.emplace_back("Allow", "GET, POST");
    return answer;
  }
  const auto promise = std::make_shared<std::promise<PageAnswer>>();
  std::future<PageAnswer> answer = promise->get_future();
  {
    const std::lock_guard lock(mutex);
    if (control == nullptr) return refusal(409, "the run is over");
    boost::asio::post(loop, [self, promise, wish] { promise->set_value(self->act(wish.get())); });
  }
  if (answer.wait_for(kPatience) != std::future_status::ready) return refusal(503, "the run does not answer");
  return answer.get();
}

ControlApi::ControlApi(std::shared_ptr<Handler> handler, std::string token_file)
    : handler_(std::move(handler)), token_file_(std::move(token_file)) {}

Result<std::unique_ptr<ControlApi>> ControlApi::open(MetricsServer& server, LiveControl& control,
                                                     const boost::asio::any_io_executor& loop,
                                                     const std::string& run_id) {
  if (sodium_init() < 0) return Error{"no source of random numbers"};
  auto path = token_path(run_id);
  if (!path) return path.error();
  const auto handler = std::make_shared<Handler>();
  handler->control = &control;
  handler->loop = loop;
  handler->token = new_token();
  const auto written = write_token(*path, handler->token);
  if (!written) return written.error();
  server.serve(std::string(kPath), [handler](const PageRequest& request) { return handler->answer(request, handler); });
  return std::unique_ptr<ControlApi>(new ControlApi(handler, std::move(*path)));
}

ControlApi::~ControlApi() {
  {
    const std::lock_guard lock(handler_->mutex);
    handler_->control = nullptr;
  }
  ::unlink(token_file_.c_str());
}

}  // namespace gelombang
