// Data of single requests beside the counts: a random sample of all requests, and evidence of failures. Both are
// bounded for the whole run. The dimensions are here too; they are counts.
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

// What is known of a request besides its sample.
struct RequestFacts {
  bool calm = true;                                 // a calm person would have sent it, too
  unsigned tries = 1;                               // tries of the person so far, this one included
  std::string_view back_end;                        // the server that answered, as it names itself
  std::optional<NetworkId> network = std::nullopt;  // of the person
};

// One request, as it was measured.
struct Attempt {
  std::uint64_t slot = 0;  // replaces the attempt that had this slot
  StepId step = 0;
  unsigned tries = 1;
  RequestSample sample;
};

// A failed request, or a step that its script failed. For a step, the request is its last one before the failure, if
// any. All texts are redacted and cut.
struct Evidence {
  static constexpr std::size_t kMostBody = 512;      // bytes
  static constexpr std::size_t kMostHeaders = 2048;  // bytes of all its header lines

  StepId step = 0;
  unsigned tries = 1;
  RequestSample sample;
  std::string method;
  std::string url;      // of the last hop, like the method; without userinfo and query
  std::string headers;  // of the response, a line each
  std::string body;     // its first bytes, or those of the text that the script judged
  std::string detail;   // what the client or the scenario says about the failure
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
  std::uint64_t evidence = 0;          // total
  std::uint64_t evidence_of_kind = 0;  // of one error class at one step
};

// Chooses which items of a stream to keep, with the same chance for each item. Draws random numbers only for kept
// items: reservoir sampling by skips. K.-H. Li: Reservoir-Sampling Algorithms of Time Complexity O(n(1 + log(N/n))),
// TOMS 20 (1994).
class Reservoir {
 public:
  Reservoir(std::uint64_t size, std::uint64_t seed) : size_(size), state_(seed) {}
  // The slot of the next item of the stream, below the size, or kPassed.
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
  std::uint64_t next_ = 0;  // the number of the next kept item, from 1
  double w_ = 1;
};

// The details that a recorder gathered since the last take. Guarded by the recorder's lock.
class DetailSampler {
 public:
  DetailSampler(std::shared_ptr<const MetricsLayout> layout, const DetailLimits& limits);

  void request(StepId step, const RequestSample& sample, const RequestFacts& facts);
  void mail(const MailSample& sample);
  // Whether there is room for one more of this kind. `says` distinguishes the failures of one step and class: it names
  // the check. When the class is full, the first failure of a new `says` still has room, for a limited number.
  [[nodiscard]] bool wants_evidence(StepId step, ErrorClass error, std::string_view says = {}) const;
  // With the same `says` as wants_evidence().
  void evidence(Evidence evidence, std::string_view says = {});
  void take(SampledDetails& into);

 private:
  void keep(const Attempt& attempt, std::uint64_t slot);

  std::shared_ptr<const MetricsLayout> layout_;
  DetailLimits limits_;
  Reservoir reservoir_;
  std::unordered_map<std::uint64_t, std::uint64_t> kinds_;  // evidence kept, by step and class
  std::unordered_set<std::uint64_t> said_;                  // evidence kept, by step, class and `says`
  std::uint64_t kept_ = 0;
  std::vector<std::size_t> places_;  // by slot: the number of its attempt in current_, from 1; 0: none
  SampledDetails current_;
};

}  // namespace gelombang
