#include "reports/summary_view.hpp"

#include "base/units.hpp"
#include "metrics/censored_histogram.hpp"
#include "reports/threshold_text.hpp"

#include <fmt/format.h>
#include <boost/json/parse.hpp>

#include <algorithm>

namespace gelombang {

namespace json = boost::json;

Result<json::object> parse_summary(std::string_view text) {
  boost::system::error_code bad;
  json::value value = json::parse({text.data(), text.size()}, bad);
  if (bad || !value.is_object()) return Error{"the stored summary is no JSON object"};
  return std::move(value.as_object());
}

const json::object& object_in(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const json::value* member = object.if_contains(key);
  return member != nullptr && member->is_object() ? member->get_object() : kNone;
}

const json::array& list_in(const json::object& object, std::string_view key) {
  static const json::array kNone;
  const json::value* member = object.if_contains(key);
  if (member == nullptr || !member->is_array()) return kNone;
  const json::array& list = member->get_array();
  return std::all_of(list.begin(), list.end(), [](const json::value& v) { return v.is_object(); }) ? list : kNone;
}

std::string text_in(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr || !member->is_string()) return {};
  const json::string& text = member->get_string();
  return {text.data(), text.size()};
}

std::optional<double> number_in(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  return member->to_number<double>();
}

std::uint64_t count_in(const json::object& object, std::string_view key) {
  return static_cast<std::uint64_t>(std::max(0.0, number_in(object, key).value_or(0)));
}

bool flag_in(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member != nullptr && member->is_bool() && member->get_bool();
}

std::string figure_text(const json::object& figures, std::string_view name) {
  const auto value = number_in(figures, name);
  if (!value) return "-";
  const json::value* bounds = figures.if_contains("lower_bounds");
  bool lower = false;
  if (bounds != nullptr && bounds->is_array()) {
    for (const json::value& bound : bounds->get_array()) lower = lower || bound == json::value(name);
  }
  return estimate_text(Estimate{from_seconds(std::min(*value, to_seconds(kNever))), lower});
}

std::string share_text(const std::optional<double>& share) {
  return share ? fmt::format("{:.2f} %", *share * 100) : std::string("-");
}

std::string threshold_value_text(const json::object& threshold) {
  const auto value = number_in(threshold, "value");
  if (!value) return "-";
  const std::string unit = text_in(threshold, "unit");
  const std::string bound = flag_in(threshold, "lower_bound") ? ">= " : "";
  if (unit == "seconds") return bound + format_duration(from_seconds(std::min(*value, to_seconds(kNever))));
  if (unit == "ratio") return bound + share_text(value);
  if (unit == "per_second") return bound + format_rate(Rate::per_second(*value));
  return fmt::format("{}{}", bound, static_cast<std::uint64_t>(std::max(0.0, *value)));
}

}  // namespace gelombang
