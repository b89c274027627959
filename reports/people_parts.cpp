#include "reports/people_parts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <string_view>

namespace gelombang {
namespace {

// "1,363"
std::string grouped(std::uint64_t count) {
  const std::string digits = fmt::format("{}", count);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace

PeopleParts people_parts(const Summary& summary) {
  PeopleParts parts;
  for (const Summary::People& people : summary.people) {
    const auto ended = [&people](PersonFate fate) { return people.ended[static_cast<std::size_t>(fate)]; };
    const std::uint64_t over = std::accumulate(people.ended.begin(), people.ended.end(), std::uint64_t{0});
    // A snapshot during the run may contain the end of a visit without its arrival.
    const std::uint64_t came = std::max(people.arrived, over);
    parts.came += came;
    parts.under_way += came - over;
    parts.got_through += ended(PersonFate::succeeded);
    parts.left_by_choice += ended(PersonFate::left);
    parts.gave_up += ended(PersonFate::lost);
    parts.would_come_back += ended(PersonFate::away);
    parts.cut_off += ended(PersonFate::interrupted);
    parts.own_faults += ended(PersonFate::own_fault);
  }
  return parts;
}

std::string people_parts_text(const PeopleParts& parts) {
  struct Part {
    std::uint64_t count;
    std::string_view one, many;
  };
  const std::array<Part, 6> others{{{parts.left_by_choice, "left by choice", "left by choice"},
                                    {parts.gave_up, "gave up", "gave up"},
                                    {parts.would_come_back, "would come back", "would come back"},
                                    {parts.cut_off, "was cut off", "were cut off"},
                                    {parts.own_faults, "failed by our own fault", "failed by our own fault"},
                                    {parts.under_way, "has no end known yet", "have no end known yet"}}};
  std::string text = fmt::format("{} came: {} got through", grouped(parts.came), grouped(parts.got_through));
  for (const auto& [count, one, many] : others) {
    if (count > 0) text += fmt::format(", {} {}", grouped(count), count == 1 ? one : many);
  }
  return text;
}

}  // namespace gelombang
