#include "probes/http/dns_diagnosis.hpp"

#include "tests/support/catch.hpp"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <vector>

using namespace gelombang;
using namespace std::chrono_literals;

TEST_CASE("dns diagnosis: those who ask for one name meanwhile share one look-up") {
  boost::asio::io_context context;
  std::promise<void> go;
  std::atomic<int> lookups{0};
  const std::shared_future<void> gate = go.get_future().share();
  DnsDiagnosis diagnosis(context, [&lookups, gate](const std::string& host) {
    ++lookups;
    gate.wait();
    return LookupResult{host == "tidak.test" ? EAI_NONAME : EAI_AGAIN, 1ms};
  });
  std::vector<NameVerdict> verdicts;
  const auto take = [&verdicts](NameVerdict verdict) { verdicts.push_back(verdict); };
  diagnosis.ask("tidak.test", 1ms, take);
  diagnosis.ask("tidak.test", 1ms, take);
  diagnosis.ask("nanti.test", 1ms, take);
  CHECK(verdicts.empty());
  go.set_value();
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (verdicts.size() < 3 && std::chrono::steady_clock::now() < deadline) {
    context.restart();
    context.run_one_for(10ms);
  }
  REQUIRE(verdicts.size() == 3);
  CHECK(lookups == 2);
  CHECK(std::count(verdicts.begin(), verdicts.end(), NameVerdict::no_such_name) == 2);
  CHECK(std::count(verdicts.begin(), verdicts.end(), NameVerdict::temporary) == 1);
}

TEST_CASE("dns diagnosis: nobody is called after it is gone, and its end waits for no look-up") {
  boost::asio::io_context context;
  auto go = std::make_shared<std::promise<void>>();
  auto looked = std::make_shared<std::promise<void>>();
  bool called = false;
  {
    DnsDiagnosis diagnosis(context, [go, looked](const std::string&) {
      go->get_future().wait();
      looked->set_value();
      return LookupResult{EAI_NONAME, 1ms};
    });
    diagnosis.ask("tidak.test", 1ms, [&called](NameVerdict) { called = true; });
  }
  go->set_value();
  looked->get_future().wait();
  context.run();
  CHECK_FALSE(called);
}
