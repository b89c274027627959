#include "sandbox/faults.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <cmath>
#include <string>
#include <string_view>

namespace gelombang::sandbox {
namespace {

namespace json = boost::json;
using F = FaultSettings;

double milliseconds(Duration d) { return to_seconds(d) * 1000; }
Duration from_milliseconds(double ms) { return from_seconds(ms / 1000); }

struct Field {
  std::string_view name;
  double min;
  double max;
  bool whole;
  double (*get)(const F&);
  void (*set)(F&, double);
};

constexpr double kDay = 86'400;

// One row per setting. The names must stay stable, because fault plans use them.
const std::array kFields = {
    Field{"pool.size", 0, 10'000, true, [](const F& f) { return static_cast<double>(f.pool.size); },
          [](F& f, double v) { f.pool.size = static_cast<std::size_t>(v); }},
    Field{"pool.query_ms", 0, 60'000, false, [](const F& f) { return milliseconds(f.pool.query_time); },
          [](F& f, double v) { f.pool.query_time = from_milliseconds(v); }},
    Field{"pool.timeout_ms", 0, 600'000, false, [](const F& f) { return milliseconds(f.pool.timeout); },
          [](F& f, double v) { f.pool.timeout = from_milliseconds(v); }},
    Field{"hash.passes", 1, 64, true, [](const F& f) { return static_cast<double>(f.hash.passes); },
          [](F& f, double v) { f.hash.passes = static_cast<unsigned long long>(v); }},
    Field{"hash.memory_kib", 8, 1024 * 1024, true,
          [](const F& f) { return static_cast<double>(f.hash.memory_bytes) / 1024; },
          [](F& f, double v) { f.hash.memory_bytes = static_cast<std::size_t>(v) * 1024; }},
    Field{"session.lifetime_s", 0, 30 * kDay, false, [](const F& f) { return to_seconds(f.session_lifetime); },
          [](F& f, double v) { f.session_lifetime = from_seconds(v); }},
    Field{"login.rate_per_s", 0, 1e6, false, [](const F& f) { return f.login_rate; },
          [](F& f, double v) { f.login_rate = v; }},
    Field{"login.burst", 1, 1e6, false, [](const F& f) { return f.login_burst; },
          [](F& f, double v) { f.login_burst = v; }},
    Field{"mail.delay_ms", 0, kDay * 1000, false, [](const F& f) { return milliseconds(f.mail_delay); },
          [](F& f, double v) { f.mail_delay = from_milliseconds(v); }},
    Field{"mail.loss", 0, 1, false, [](const F& f) { return f.mail_loss; }, [](F& f, double v) { f.mail_loss = v; }},
    Field{"mail.spam", 0, 1, false, [](const F& f) { return f.mail_spam; }, [](F& f, double v) { f.mail_spam = v; }},
    Field{"mail.defer", 0, 1, false, [](const F& f) { return f.mail_defer; }, [](F& f, double v) { f.mail_defer = v; }},
    Field{"mail.link_lifetime_s", 0, 30 * kDay, false, [](const F& f) { return to_seconds(f.link_lifetime); },
          [](F& f, double v) { f.link_lifetime = from_seconds(v); }},
    Field{"photo.quota_bytes", 0, 1e15, true, [](const F& f) { return static_cast<double>(f.photo_quota); },
          [](F& f, double v) { f.photo_quota = static_cast<std::uint64_t>(v); }},
    Field{"photo.limit_bytes", 1, 100e6, true, [](const F& f) { return static_cast<double>(f.photo_limit); },
          [](F& f, double v) { f.photo_limit = static_cast<std::uint64_t>(v); }},
    Field{"registry.rate_per_s", 0, 1e6, false, [](const F& f) { return f.registry_rate; },
          [](F& f, double v) { f.registry_rate = v; }},
    Field{"registry.delay_ms", 0, 60'000, false, [](const F& f) { return milliseconds(f.registry_delay); },
          [](F& f, double v) { f.registry_delay = from_milliseconds(v); }},
};

const Field* field_named(std::string_view name) {
  for (const Field& field : kFields) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

}  // namespace

FaultSettings Faults::now() const {
  const std::lock_guard lock(mutex_);
  return now_;
}

Result<void> Faults::change(const json::value& changes) {
  if (!changes.is_object()) return Error{"expected an object of fault settings"};
  const std::lock_guard applying(apply_mutex_);
  FaultSettings next = now();
  for (const auto& [key, value] : changes.as_object()) {
    const Field* field = field_named({key.data(), key.size()});
    if (field == nullptr) return Error{fmt::format("{}: no such fault setting", std::string(key))};
    const double number = value.is_number() ? value.to_number<double>() : std::nan("");
    if (!(number >= field->min && number <= field->max) || (field->whole && number != std::floor(number))) {
      return Error{fmt::format("{}: expected a {}number from {} to {}", field->name, field->whole ? "whole " : "",
                               field->min, field->max)};
    }
    field->set(next, number);
  }
  apply(next);
  return {};
}

void Faults::reset() {
  const std::lock_guard applying(apply_mutex_);
  apply(defaults_);
}

void Faults::apply(const FaultSettings& settings) {
  {
    const std::lock_guard lock(mutex_);
    now_ = settings;
  }
  for (const auto& listener : listeners_) listener(settings);
}

json::object Faults::show() const {
  const FaultSettings settings = now();
  json::object shown;
  for (const Field& field : kFields) {
    const double value = field.get(settings);
    if (value == std::floor(value) && std::abs(value) < 1e15) {
      shown[json::string_view(field.name.data(), field.name.size())] = static_cast<std::int64_t>(value);
    } else {
      shown[json::string_view(field.name.data(), field.name.size())] = value;
    }
  }
  return shown;
}

void Faults::on_change(std::function<void(const FaultSettings&)> listener) {
  const std::lock_guard applying(apply_mutex_);
  listener(now());
  listeners_.push_back(std::move(listener));
}

}  // namespace gelombang::sandbox
