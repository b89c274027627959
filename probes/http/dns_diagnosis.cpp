#include "probes/http/dns_diagnosis.hpp"

#include <boost/asio/post.hpp>

#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace gelombang {
namespace {

Duration resolver_patience() {
  struct __res_state settings {};
  if (res_ninit(&settings) != 0) return std::chrono::seconds(5);
  const Duration patience = std::chrono::seconds(settings.retrans);
  res_nclose(&settings);
  return patience;
}

}  // namespace

struct DnsDiagnosis::State {
  struct Waiting {
    Duration failed_after;
    Done done;
  };

  State(boost::asio::io_context& io, Lookup function) : context(&io), lookup(std::move(function)) {}

  std::mutex mutex;
  boost::asio::io_context* context;  // null: nobody waits any more
  Lookup lookup;
  std::map<std::string, std::vector<Waiting>> waiting;  // by host

  void answer(const std::string& host, const LookupResult& result) {
    const Duration patience = resolver_patience();
    const std::lock_guard lock(mutex);
    if (context == nullptr) return;
    for (Waiting& one : waiting[host]) {
      const NameVerdict verdict = name_verdict(result, one.failed_after, patience);
      boost::asio::post(*context, [done = std::move(one.done), verdict] { done(verdict); });
    }
    waiting.erase(host);
  }
};

DnsDiagnosis::DnsDiagnosis(boost::asio::io_context& context, Lookup lookup)
    : state_(std::make_shared<State>(context, std::move(lookup))) {}

DnsDiagnosis::~DnsDiagnosis() {
  const std::lock_guard lock(state_->mutex);
  state_->context = nullptr;
}

void DnsDiagnosis::ask(const std::string& host, Duration failed_after, Done done) {
  {
    const std::lock_guard lock(state_->mutex);
    std::vector<State::Waiting>& waiting = state_->waiting[host];
    waiting.push_back({failed_after, std::move(done)});
    if (waiting.size() > 1) return;
  }
  try {
    std::thread([state = state_, host] { state->answer(host, state->lookup(host)); }).detach();
  } catch (const std::system_error&) {  // no thread for it
    state_->answer(host, {EAI_SYSTEM, {}});
  }
}

Lookup DnsDiagnosis::system_lookup() {
  return [](const std::string& host) {
    const auto start = std::chrono::steady_clock::now();
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (code == 0) freeaddrinfo(found);
    return LookupResult{code, std::chrono::steady_clock::now() - start};
  };
}

NameVerdict name_verdict(const LookupResult& second, Duration failed_after, Duration patience) noexcept {
  switch (second.code) {
    case EAI_NONAME:
    case EAI_NODATA:
    case EAI_ADDRFAMILY: return NameVerdict::no_such_name;
    case 0:
    case EAI_FAIL:
    case EAI_AGAIN:
      // The resolver says "again" both for SERVFAIL, which comes quickly, and for no answer, which takes long.
      return std::max(failed_after, second.took) >= patience * 9 / 10 ? NameVerdict::timed_out : NameVerdict::temporary;
    default: return NameVerdict::unknown;
  }
}

}  // namespace gelombang
