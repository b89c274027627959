// Finds out why a name could not be resolved. libcurl 7.88 does not report getaddrinfo's error, so the name is looked
// up once more, in its own thread. A name that is unknown now was unknown then. If the name servers fail to answer, or
// if the name works again, the failure was temporary.
#pragma once

#include "base/clock.hpp"
#include "probes/http/transfer_class.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gelombang {

// getaddrinfo's result, and how long the call took.
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

  // `failed_after` is how long libcurl's look-up took. `done` is called later, on the io_context. Concurrent calls for
  // the same name share one look-up.
  void ask(const std::string& host, Duration failed_after, Done done);

  static Lookup system_lookup();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// `patience` is the resolver's timeout for one name server, from resolv.conf.
NameVerdict name_verdict(const LookupResult& second, Duration failed_after, Duration patience) noexcept;

}  // namespace gelombang
