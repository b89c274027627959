// What is kept of single requests beside the counts: a random sample of all, and what failures looked like. Both are
// bounded for the whole run. The dimensions are kept here too; they are counts.
#pragma once

#include "metrics/dimensions.hpp"
#include "metrics/layout.hpp"
#include "metrics/sample.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace gelombang {

// What is known of a request beside its sample.
struct RequestFacts {
  bool calm = true;                                 // a calm person would have sent it, too
  unsigned tries = 1;                               // of the person at this, this one included
  std::string_view back_end;                        // the server that answered, by its own account
  std::optional<NetworkId> network = std::nullopt;  // the person's
};

// One request, as it was measured.
struct Attempt {
  std::uint64_t slot = 0;  // takes the place of the one that had this number
  StepId step = 0;
  unsigned tries = 1;
  RequestSample sample;
};

// A request that failed, or a step that its script failed: then the request is the step's last one before that, if
// there was one. All texts have been redacted and cut.
struct Evidence {
  static constexpr std::size_t kMostBody = 512;      // bytes
  static constexpr std::size_t kMostHeaders = 2048;  // bytes of all its header lines

  StepId step = 0;
  unsigned tries = 1;
  RequestSample sample;
  std::string method;
  std::string url;      // of the last hop, as the method; without userinfo and query
  std::string headers;  // of the answer, a line each
  std::string body;     // its first bytes, or those of what the script judged
  std::string detail;   // what the client or the scenario says of it
};

struct SampledDetails {
  explicit SampledDetails(std::shared_ptr<const LatencyBoundaries> boundaries) : dimensions(std::move(boundaries)) {}
  void merge(SampledDetails&& other);
  void clear();

  std::vector<Attempt> attempts;
  std::vector<Evidence> evidence;
  Dimensions dimensions;
};

// How much one recorder may keep in a run.
struct DetailLimits {
  std::uint64_t attempts = 0;
  std::uint64_t first_slot = 0;        // its slots are first_slot .. first_slot + attempts - 1
  std::uint64_t evidence = 0;          // in all
  std::uint64_t evidence_of_kind = 0;  // of one error class at one step
};

// Chooses which of a stream are kept, so that each has the same chance. It draws random numbers only for those that are
// kept: reservoir sampling by skips. K.-H. Li: Reservoir-Sampling Algorithms of Time Complexity O(n(1 + log(N/n))),
// TOMS 20 (1994).
class Reservoir {
 public:
  Reservoir(std::uint64_t size, std::uint64_t seed) : size_(size), state_(seed) {}
  // For the next of the stream: its slot below the size, or kPassed.
  static constexpr std::uint64_t kPassed = ~std::uint64_t{0};
  std::uint64_t next() {
    if (++seen_ < next_) return kPassed;
    return choose();
  }

 private:
  std::uint64_t choose();
  double uniform();

  std::uint64_t size_;
  std::uint64_t state_;
  std::uint64_t seen_ = 0;
  std::uint64_t next_ = 0;  // the next one that is kept, counted from 1
  double w_ = 1;
};

// What a recorder has of them since it was asked last. Under the recorder's lock.
class DetailSampler {
 public:
  DetailSampler(std::shared_ptr<const MetricsLayout> layout, const DetailLimits& limits);

  void request(StepId step, const RequestSample& sample, const RequestFacts& facts);
  void mail(const MailSample& sample);
  // Whether there is room for one more of this kind. `says` tells the failures of one step and class apart: which check
  // it was. The first of each has room where those of the class before it have taken all, for some of them.
  [[nodiscard]] bool wants_evidence(StepId step, ErrorClass error, std::string_view says = {}) const;
  // With what it was asked for.
  void evidence(Evidence evidence, std::string_view says = {});
  void take(SampledDetails& into);

 private:
  void keep(const Attempt& attempt, std::uint64_t slot);

  std::shared_ptr<const MetricsLayout> layout_;
  DetailLimits limits_;
  Reservoir reservoir_;
  std::unordered_map<std::uint64_t, std::uint64_t> kinds_;  // evidence kept, by step and class
  std::unordered_set<std::uint64_t> said_;                  // of which there is some, by that and what is said
  std::uint64_t kept_ = 0;
  std::vector<std::size_t> places_;  // by slot: its attempt's number in current_, from 1; 0: it has none
  SampledDetails current_;
};

}  // namespace gelombang
