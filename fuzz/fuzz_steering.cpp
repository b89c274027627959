// A request to steer a run: refused in one line, which is shown to the sender, or one of five actions.
#include "base/json_writer.hpp"
#include "runs/steering_request.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  const auto request = parse_steering_request(json);
  if (!request) {
    const std::string& line = request.error().message;
    must(!line.empty() && line.size() < 256 && printable(line) == line);
    return 0;
  }
  must(request->action <= SteeringRequest::Action::stop);
  must(request->action == SteeringRequest::Action::rate || request->factor == 1);
  must(request->action == SteeringRequest::Action::jump || request->to.empty());
  must(request->to.size() <= size);
  const auto moment = find_moment(Load{}, request->to);
  must(moment ? *moment >= Duration::zero() : printable(moment.error().message) == moment.error().message);
  return 0;
}
