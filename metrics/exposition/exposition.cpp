#include "metrics/exposition/exposition.hpp"

#include "metrics/exit_reason.hpp"
#include "metrics/exposition/process_stats.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>

#include <limits>
#include <utility>

namespace gelombang {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Families under construction, limited to a number of series.
class Families {
 public:
  explicit Families(std::size_t maximum) : room_(maximum) {}

  void family(std::string name, std::string help, MetricType type) {
    families_.push_back({std::move(name), std::move(help), type, {}});
  }
  // Adds to the last family.
  void counter(Labels labels, std::uint64_t value) { counter(std::move(labels), static_cast<double>(value)); }
  void counter(Labels labels, double value) {
    if (ClientMetric* m = add(std::move(labels), 1)) m->counter.value = value;
  }
  void gauge(Labels labels, double value) {
    if (ClientMetric* m = add(std::move(labels), 1)) m->gauge.value = value;
  }
  void histogram(Labels labels, const Histogram& values) {
    const auto boundaries = values.boundaries().values();
    ClientMetric* m = add(std::move(labels), boundaries.size() + 3);
    if (m == nullptr) return;
    m->histogram.sample_count = values.count();
    m->histogram.sample_sum = values.sum_seconds();
    m->histogram.bucket.reserve(boundaries.size() + 1);
    for (std::size_t i = 0; i < boundaries.size(); ++i) {
      m->histogram.bucket.push_back({values.count_up_to(i), to_seconds(boundaries[i])});
    }
    m->histogram.bucket.push_back({values.count(), std::numeric_limits<double>::infinity()});
  }
  std::vector<MetricFamily> finish() && {
    MetricFamily dropped{"gelombang_series_dropped_total",
                         "Series left out because of the limit on their number.",
                         MetricType::Counter,
                         {}};
    dropped.metric.emplace_back().counter.value = static_cast<double>(dropped_);
    families_.push_back(std::move(dropped));
    return std::move(families_);
  }

 private:
  ClientMetric* add(Labels labels, std::size_t series) {
    if (series > room_) {
      dropped_ += series;
      return nullptr;
    }
    room_ -= series;
    ClientMetric& metric = families_.back().metric.emplace_back();
    metric.label = std::move(labels);
    return &metric;
  }

  std::vector<MetricFamily> families_;
  std::size_t room_;
  std::size_t dropped_ = 0;
};

std::string text(std::string_view s) { return std::string(s); }

Labels labels_of(const Catalog& catalog, StepId step) {
  return {{"journey", catalog.journeys[catalog.steps[step].journey]}, {"step", catalog.steps[step].name}};
}

Labels with(Labels labels, std::string name, std::string_view value) {
  labels.push_back({std::move(name), text(value)});
  return labels;
}

void add_run(Families& f, const LoadExposition::RunInfo& run, const LiveFigures& figures,
             const std::vector<std::string>& thresholds) {
  f.family("gelombang_run_info", "The run that the other metrics are of; always 1.", MetricType::Gauge);
  f.gauge({{"run_id", run.run_id}, {"scenario", run.scenario}, {"load", run.load}, {"version", run.version}}, 1);
  f.family("gelombang_run_verdict", "1 for the verdict of the run (under_way while it runs), 0 for the others.",
           MetricType::Gauge);
  f.gauge({{"verdict", "under_way"}}, figures.verdict.empty() ? 1 : 0);
  for (const std::string_view name : kVerdictNames) {
    f.gauge({{"verdict", text(name)}}, figures.verdict == name ? 1 : 0);
  }
  f.family("gelombang_run_validity", "1 for the present validity of the run, 0 for the others.", MetricType::Gauge);
  for (std::size_t i = 0; i < kValidityStateNames.size(); ++i) {
    f.gauge({{"state", text(kValidityStateNames[i])}}, static_cast<std::size_t>(figures.validity) == i ? 1 : 0);
  }
  f.family("gelombang_threshold_state", "1 for the state that a threshold is in, 0 for the others.", MetricType::Gauge);
  for (std::size_t t = 0; t < thresholds.size(); ++t) {
    const ThresholdState now = t < figures.thresholds.size() ? figures.thresholds[t] : ThresholdState::no_data;
    for (std::size_t i = 0; i < kThresholdStateNames.size(); ++i) {
      f.gauge({{"threshold", thresholds[t]}, {"state", text(kThresholdStateNames[i])}},
              static_cast<std::size_t>(now) == i ? 1 : 0);
    }
  }
  f.family("gelombang_target_rate", "Arrivals per second that the load asks for now.", MetricType::Gauge);
  f.gauge({}, figures.target_rate);
  f.family("gelombang_load_factor", "Factor on the planned rate, set while the run goes on; 1 as planned.",
           MetricType::Gauge);
  f.gauge({}, figures.rate_factor);
  f.family("gelombang_load_paused", "1 while somebody has paused the load.", MetricType::Gauge);
  f.gauge({}, figures.paused ? 1 : 0);
  f.family("gelombang_annotations_total",
           "What happened to the run and explains its figures; the summary has the words.", MetricType::Counter);
  for (std::size_t i = 0; i < kAnnotationKinds.size(); ++i)
    f.counter({{"kind", text(kAnnotationKinds[i])}}, figures.annotations[i]);
  f.family("gelombang_virtual_users", "Virtual users by what they do now.", MetricType::Gauge);
  for (std::size_t i = 0; i < kUserStateNames.size(); ++i) {
    f.gauge({{"state", text(kUserStateNames[i])}}, static_cast<double>(figures.users[i]));
  }
}

void add_iterations(Families& f, const Catalog& catalog, const Snapshot& totals) {
  const std::size_t n = catalog.journeys.size();
  f.family("gelombang_iterations_started_total", "Iterations that began.", MetricType::Counter);
  for (std::size_t j = 0; j < n; ++j) f.counter({{"journey", catalog.journeys[j]}}, totals.journeys[j].started);
  f.family("gelombang_iterations_total", "Iterations that ended.", MetricType::Counter);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kOutcomeCount; ++i) {
      f.counter({{"journey", catalog.journeys[j]}, {"result", text(kOutcomeNames[i])}}, totals.journeys[j].ended[i]);
    }
  }
  f.family("gelombang_iterations_dropped_total",
           "Arrivals that could not start; users_exhausted counts against the target, the rest against the generator.",
           MetricType::Counter);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kDropReasonCount; ++i) {
      f.counter({{"journey", catalog.journeys[j]}, {"reason", text(kDropReasonNames[i])}},
                totals.journeys[j].dropped[i]);
    }
  }
  f.family("gelombang_schedule_lag_seconds", "Actual minus intended start of arrivals.", MetricType::Histogram);
  f.histogram({}, totals.schedule_lag);
}

// The facts that decide validity, except those with a metric elsewhere.
void add_generator(Families& f, const GeneratorHealth& health) {
  const auto gauge = [&f](const char* name, const char* help, double value) {
    f.family(name, help, MetricType::Gauge);
    f.gauge({}, value);
  };
  const auto counter = [&f](const char* name, const char* help, double value) {
    f.family(name, help, MetricType::Counter);
    f.counter({}, value);
  };
  gauge("gelombang_generator_cpu_ratio",
        "This process's share of the cores that it may use, the most in any ten seconds.", health.cpu_share);
  gauge("gelombang_generator_worker_cpu_ratio", "The busiest worker's share of one core, the most in any ten seconds.",
        health.worker_cpu_share);
  gauge("gelombang_generator_core_busy_ratio",
        "Use of the machine's busiest core by all processes, the most in any ten seconds.", health.core_busy_share);
  gauge("gelombang_generator_steal_ratio",
        "The hypervisor's share of all cores (steal time), the most in any ten seconds.", health.steal_share);
  counter("gelombang_generator_stalls_total", "Times that a worker's event loop was late by more than 100 ms.",
          static_cast<double>(health.stalls));
  counter("gelombang_generator_stall_seconds_total", "Total time by which the event loops were late in these stalls.",
          to_seconds(health.stalled));
  counter("gelombang_generator_gc_seconds_total", "Garbage collection of scripts, between iterations.",
          to_seconds(health.gc_time));
  gauge("gelombang_generator_gc_pause_max_seconds", "The longest pause for garbage collection of the scripts.",
        to_seconds(health.gc_longest));
  counter("gelombang_generator_late_arrivals_total", "Arrivals handled more than 100 ms after their time.",
          static_cast<double>(health.late_arrivals));
  gauge("gelombang_generator_ports_in_use", "Local ports in use, TIME_WAIT included; an upper bound.",
        static_cast<double>(health.ports));
  gauge("gelombang_generator_ports_limit", "Local ports that the kernel may give out.",
        static_cast<double>(health.ports_limit));
  gauge("gelombang_generator_clock_step_seconds", "The largest jump of the wall clock against steady time.",
        to_seconds(health.clock_step));
}

double ratio(std::uint64_t of, std::uint64_t to) {
  return to > 0 ? static_cast<double>(of) / static_cast<double>(to) : 0;
}

void add_people_of_journeys(Families& f, const Catalog& catalog, const Snapshot& totals) {
  const std::size_t n = catalog.journeys.size();
  f.family("gelombang_people_total", "People by how their visit ended.", MetricType::Counter);
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < kPersonFateCount; ++i) {
      f.counter({{"journey", catalog.journeys[j]}, {"state", text(kPersonFateNames[i])}},
                totals.journeys[j].people.ended[i]);
    }
  }
  std::vector<std::uint64_t> sent(n, 0);
  std::vector<std::uint64_t> calm(n, 0);
  for (std::size_t s = 0; s < catalog.steps.size(); ++s) {
    sent[catalog.steps[s].journey] += totals.steps[s].requests.total();
    calm[catalog.steps[s].journey] += totals.steps[s].people.calm_requests;
  }
  f.family("gelombang_retry_amplification",
           "Requests sent over those that a calm crowd would have sent, since the start; 0 before the first.",
           MetricType::Gauge);
  for (std::size_t j = 0; j < n; ++j) f.gauge({{"journey", catalog.journeys[j]}}, ratio(sent[j], calm[j]));
  f.family("gelombang_person_time_seconds", "People who succeeded, from their scheduled arrival to their success.",
           MetricType::Histogram);
  for (std::size_t j = 0; j < n; ++j) {
    f.histogram({{"journey", catalog.journeys[j]}}, totals.journeys[j].people.time.observed);
  }
}

void add_people_of_steps(Families& f, const Catalog& catalog, const Snapshot& totals) {
  const auto n = static_cast<StepId>(catalog.steps.size());
  const auto counter = [&](std::string name, std::string help, auto value) {
    f.family(std::move(name), std::move(help), MetricType::Counter);
    for (StepId s = 0; s < n; ++s) f.counter(labels_of(catalog, s), std::uint64_t{value(totals.steps[s].people)});
  };
  counter("gelombang_people_reached_total", "People who came to a step, each once.",
          [](const StepPeople& p) { return p.reached; });
  counter("gelombang_people_passed_total", "People who got through a step, each once.",
          [](const StepPeople& p) { return p.succeeded; });
  counter("gelombang_double_submits_total", "Requests that were sent a second time while the first was under way.",
          [](const StepPeople& p) { return p.double_submits; });
  counter("gelombang_calm_requests_total", "Requests that a calm crowd would have sent.",
          [](const StepPeople& p) { return p.calm_requests; });
  f.family("gelombang_attempts_total", "Times that a step was begun.", MetricType::Counter);
  for (StepId s = 0; s < n; ++s) {
    f.counter(with(labels_of(catalog, s), "kind", "first"), totals.steps[s].people.first_tries);
    f.counter(with(labels_of(catalog, s), "kind", "retry"), totals.steps[s].people.retries);
  }
  f.family("gelombang_people_lost_total", "People who gave up, by the failure after which they did.",
           MetricType::Counter);
  for (StepId s = 0; s < n; ++s) {
    for (std::size_t i = 1; i < kErrorClassCount; ++i) {
      const ErrorClassInfo& row = info(static_cast<ErrorClass>(i));
      if (row.side != ErrorSide::target && row.side != ErrorSide::person) continue;
      f.counter(with(labels_of(catalog, s), "reason", row.name), totals.steps[s].people.lost[i]);
    }
  }
}

void add_networks(Families& f, const Catalog& catalog, const Snapshot& totals) {
  const auto each = [&](auto function) {
    for (std::size_t i = 0; i < catalog.networks.size(); ++i) {
      function(Labels{{"network", catalog.networks[i]}}, totals.networks[i]);
    }
  };
  f.family("gelombang_network_iterations_total", "Iterations that ended, by the network of their people.",
           MetricType::Counter);
  each([&f](const Labels& labels, const NetworkSnapshot& network) {
    for (std::size_t i = 0; i < kOutcomeCount; ++i)
      f.counter(with(labels, "result", kOutcomeNames[i]), network.ended[i]);
  });
  f.family("gelombang_network_requests_total", "HTTP exchanges, by the network of their people.", MetricType::Counter);
  each([&f](const Labels& labels, const NetworkSnapshot& network) {
    for (std::size_t i = 0; i < kCountedResultNames.size(); ++i) {
      f.counter(with(labels, "result", kCountedResultNames[i]), network.requests.by_result[i]);
    }
  });
  f.family("gelombang_network_service_time_seconds", "Successful requests, by the network of their people.",
           MetricType::Histogram);
  each([&f](const Labels& labels, const NetworkSnapshot& network) { f.histogram(labels, network.service_time); });
  f.family("gelombang_network_sent_bytes_total", "As gelombang_sent_bytes_total, by the network of their people.",
           MetricType::Counter);
  each([&f](const Labels& labels, const NetworkSnapshot& network) { f.counter(labels, network.bytes_sent); });
  f.family("gelombang_network_received_bytes_total",
           "As gelombang_received_bytes_total, by the network of their people.", MetricType::Counter);
  each([&f](const Labels& labels, const NetworkSnapshot& network) { f.counter(labels, network.bytes_received); });
}

void add_mail(Families& f, const MailSnapshot& mail) {
  f.family("gelombang_emails_total", "Mails by what became of them.", MetricType::Counter);
  for (std::size_t i = 0; i < kMailResultCount; ++i) {
    f.counter({{"result", text(kMailResultNames[i])}}, mail.by_result[i]);
  }
  f.family("gelombang_email_delivery_seconds", "From the request that caused a mail to the first poll that saw it.",
           MetricType::Histogram);
  for (std::size_t i = 0; i < kMailFolderNames.size(); ++i) {
    f.histogram({{"folder", text(kMailFolderNames[i])}}, mail.delivery[i]);
  }
}

void add_requests(Families& f, const Catalog& catalog, const Snapshot& totals) {
  const auto each_step = [&](auto function) {
    for (std::size_t s = 0; s < catalog.steps.size(); ++s) {
      function(labels_of(catalog, static_cast<StepId>(s)), totals.steps[s]);
    }
  };
  const auto errors = [&f](const Labels& labels, const ResultCounts& counts) {
    for (std::size_t i = 1; i < kErrorClassCount; ++i) {
      f.counter(with(labels, "error", name(static_cast<ErrorClass>(i))), counts.by_error[i]);
    }
  };
  f.family("gelombang_requests_total", "HTTP exchanges; each redirect hop is one.", MetricType::Counter);
  each_step([&f](const Labels& labels, const StepSnapshot& step) {
    for (std::size_t i = 0; i < kCountedResultNames.size(); ++i) {
      f.counter(with(labels, "result", kCountedResultNames[i]), step.requests.by_result[i]);
    }
  });
  f.family("gelombang_sent_bytes_total", "Request lines, headers and bodies.", MetricType::Counter);
  each_step([&f](const Labels& labels, const StepSnapshot& step) { f.counter(labels, step.bytes_sent); });
  f.family("gelombang_received_bytes_total", "Headers and bodies as they came over the wire.", MetricType::Counter);
  each_step([&f](const Labels& labels, const StepSnapshot& step) { f.counter(labels, step.bytes_received); });
  f.family("gelombang_request_errors_total", "Requests that failed, by error class.", MetricType::Counter);
  each_step([&errors](const Labels& labels, const StepSnapshot& step) { errors(labels, step.requests); });
  f.family("gelombang_steps_total", "Steps that ended; a wait for mail is one, although it has no response time.",
           MetricType::Counter);
  each_step([&f](const Labels& labels, const StepSnapshot& step) {
    for (std::size_t i = 0; i < kCountedResultNames.size(); ++i) {
      f.counter(with(labels, "result", kCountedResultNames[i]), step.steps.by_result[i]);
    }
  });
  f.family("gelombang_step_errors_total", "Steps that failed, by error class, false checks included.",
           MetricType::Counter);
  each_step([&errors](const Labels& labels, const StepSnapshot& step) { errors(labels, step.steps); });
}

void add_under_way(Families& f, const MetricsLayout& layout, const std::optional<UnderWay>& under_way) {
  f.family("gelombang_steps_under_way", "Steps under way that have taken at least `le` so far.", MetricType::Gauge);
  const auto boundaries = layout.boundaries->values();
  for (StepId s = 0; s < layout.catalog.steps.size(); ++s) {
    for (std::size_t i = 0; i < boundaries.size(); ++i) {
      std::uint64_t waiting = 0;
      if (under_way) {
        const Histogram& ages = under_way->steps[s].response_time;
        waiting = ages.count() - ages.count_up_to(i);
      }
      f.gauge(with(labels_of(layout.catalog, s), "le", fmt::format("{}", to_seconds(boundaries[i]))),
              static_cast<double>(waiting));
    }
  }
}

void add_durations(Families& f, const Catalog& catalog, const Snapshot& totals) {
  const auto n = static_cast<StepId>(catalog.steps.size());
  f.family("gelombang_response_time_seconds", "Steps from their intended start to their last byte.",
           MetricType::Histogram);
  for (StepId s = 0; s < n; ++s) {
    const StepSnapshot& step = totals.steps[s];
    f.histogram(with(labels_of(catalog, s), "result", "success"), step.response_time.observed);
    f.histogram(with(labels_of(catalog, s), "result", "failure"), step.response_time_failed);
    f.histogram(with(labels_of(catalog, s), "result", "abandoned"), step.response_time_abandoned);
  }
  f.family("gelombang_service_time_seconds", "Steps from their actual start to their last byte.",
           MetricType::Histogram);
  for (StepId s = 0; s < n; ++s) {
    const StepSnapshot& step = totals.steps[s];
    f.histogram(with(labels_of(catalog, s), "result", "success"), step.service_time.observed);
    f.histogram(with(labels_of(catalog, s), "result", "failure"), step.service_time_failed);
    f.histogram(with(labels_of(catalog, s), "result", "abandoned"), step.service_time_abandoned);
  }
  f.family("gelombang_phase_seconds", "Where the time of successful requests went.", MetricType::Histogram);
  for (StepId s = 0; s < n; ++s) {
    for (std::size_t p = 0; p < kPhaseCount; ++p) {
      f.histogram(with(labels_of(catalog, s), "phase", kPhaseNames[p]), totals.steps[s].phases[p]);
    }
  }
}

void add_process(Families& f) {
  const ProcessStats stats = read_process_stats();
  f.family("process_cpu_seconds_total", "Processor time of this process.", MetricType::Counter);
  f.counter({}, stats.cpu_seconds);
  f.family("process_resident_memory_bytes", "Resident memory of this process.", MetricType::Gauge);
  f.gauge({}, static_cast<double>(stats.resident_bytes));
  f.family("process_open_fds", "Open file descriptors of this process.", MetricType::Gauge);
  f.gauge({}, static_cast<double>(stats.open_descriptors));
  f.family("process_max_fds", "Most file descriptors that this process may open.", MetricType::Gauge);
  f.gauge({}, static_cast<double>(stats.descriptor_limit));
  f.family("process_start_time_seconds", "When this process started, in seconds since 1970.", MetricType::Gauge);
  f.gauge({}, stats.start_seconds);
}

}  // namespace

std::vector<ThresholdState> threshold_states(const std::vector<ThresholdResult>& results, bool final) {
  std::vector<ThresholdState> states;
  states.reserve(results.size());
  for (const ThresholdResult& r : results) states.push_back(final ? r.verdict.state : r.now);
  return states;
}

LoadExposition::LoadExposition(RunInfo run, const std::shared_ptr<const MetricsLayout>& layout,
                               std::vector<std::string> threshold_expressions, std::size_t maximum_series)
    : run_(std::move(run)),
      thresholds_(std::move(threshold_expressions)),
      maximum_series_(maximum_series),
      state_(std::make_shared<const State>(State{Snapshot(layout), {}})) {}

void LoadExposition::publish(Snapshot totals, LiveFigures figures) {
  auto next = std::make_shared<const State>(State{std::move(totals), std::move(figures)});
  const std::lock_guard lock(mutex_);
  state_.swap(next);
}

std::vector<MetricFamily> LoadExposition::Collect() const {
  std::shared_ptr<const State> state;
  {
    const std::lock_guard lock(mutex_);
    state = state_;
  }
  const Catalog& catalog = state->totals.layout()->catalog;
  Families families(maximum_series_);
  add_run(families, run_, state->figures, thresholds_);
  add_process(families);
  add_generator(families, state->figures.generator);
  add_iterations(families, catalog, state->totals);
  add_networks(families, catalog, state->totals);
  add_mail(families, state->totals.mail);
  add_people_of_journeys(families, catalog, state->totals);
  add_requests(families, catalog, state->totals);
  add_people_of_steps(families, catalog, state->totals);
  add_under_way(families, *state->totals.layout(), state->figures.under_way);
  add_durations(families, catalog, state->totals);
  return std::move(families).finish();
}

}  // namespace gelombang
