// Why a name could not be resolved. libcurl 7.88 keeps getaddrinfo's answer to itself, so the name is
// asked for once more, in a thread of its own: a name that is unknown now was unknown then; one that
// the name servers fail to answer for, or that works again, was a temporary failure.
#pragma once

#include "base/clock.hpp"
#include "probes/http/transfer_class.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gelombang {

// What getaddrinfo said, and how long that took.
struct LookupResult {
  int code = 0;  // EAI_..., 0: found
  Duration took{};
};
// May block; called in any thread.
using Lookup = std::function<LookupResult(const std::string& host)>;

class DnsDiagnosis {
 public:
  using Done = std::function<void(NameVerdict)>;

  explicit DnsDiagnosis(boost::asio::io_context& context, Lookup lookup = system_lookup());
  // Does not wait for look-ups that are under way; their Done is not called.
  ~DnsDiagnosis();
  DnsDiagnosis(const DnsDiagnosis&) = delete;
  DnsDiagnosis& operator=(const DnsDiagnosis&) = delete;

  // `failed_after` is what libcurl's look-up took. `done` is called later, on the io_context. Those who ask for the
  // same name meanwhile share one look-up.
  void ask(const std::string& host, Duration failed_after, Done done);

  static Lookup system_lookup();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// `patience` is what the resolver gives one name server, from resolv.conf.
NameVerdict name_verdict(const LookupResult& second, Duration failed_after, Duration patience) noexcept;

}  // namespace gelombang
