// Reads a stored summary, which an older gelombang may have written: a missing member is empty, not an error.
#pragma once

#include "base/result.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gelombang {

// The summary as an object; an Error if it is none.
Result<boost::json::object> parse_summary(std::string_view text);

// A member that is an object, or an empty one.
const boost::json::object& object_in(const boost::json::object& object, std::string_view key);
// A member that is a list of objects only, or an empty list.
const boost::json::array& list_in(const boost::json::object& object, std::string_view key);
std::string text_in(const boost::json::object& object, std::string_view key);
std::optional<double> number_in(const boost::json::object& object, std::string_view key);
std::uint64_t count_in(const boost::json::object& object, std::string_view key);
bool flag_in(const boost::json::object& object, std::string_view key);

// "p95" of {"p95": 0.8, "lower_bounds": []} as "800 ms" or ">= 800 ms"; "-" if there is none.
std::string figure_text(const boost::json::object& figures, std::string_view name);
// The value of a threshold in its unit.
std::string threshold_value_text(const boost::json::object& threshold);
std::string share_text(const std::optional<double>& share);

}  // namespace gelombang
