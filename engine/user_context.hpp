// What a virtual user needs from its thread, and what it reports back.
#pragma once

#include "base/clock.hpp"
#include "engine/lua/vm.hpp"
#include "engine/scenario/scenario.hpp"
#include "metrics/recorder.hpp"
#include "probes/http/client.hpp"
#include "probes/mail/mailbox.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <functional>

namespace gelombang {

// What a virtual user waits for.
enum class Activity : std::uint8_t { idle, requesting, pausing, waiting_for_mail, retrying };

class VirtualUser;

struct UserContext {
  const Scenario& scenario;
  const ScenarioSettings& settings;
  const Clock& clock;
  boost::asio::io_context& io;
  LuaVm& vm;
  HttpClient& http;
  Recorder& recorder;
  Mailbox* mail = nullptr;
  // Called at the end of each iteration with its result. May be called from VirtualUser::begin().
  std::function<void(VirtualUser&, const PersonSample&)> finished;
  std::function<void(Activity from, Activity to)> activity_changed;
  // A person whose next try is due at this time or later counts as away, because the try would come after the run.
  TimePoint last_try = TimePoint::max();
};

}  // namespace gelombang
