// Lines of access logs and rows of rate files: they contain text that strangers sent to a server.
#include "engine/load/access_log.hpp"
#include "engine/load/rate_recording.hpp"
#include "engine/load/recorded_time.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace gelombang;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

bool within(std::string_view part, std::string_view whole) {
  return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void log_line(std::string_view text) {
  std::string_view problem;
  const auto line = parse_access_line(text, problem);
  must(line.has_value() == problem.empty());
  if (!line) return;
  must(!line->client.empty());
  must(within(line->client, text) && within(line->query, text) && within(line->user_agent, text));
  const std::string asked = as_asked(line->path) + std::string(line->query);
  must(asked.starts_with('/') && asked.size() <= kLongestLoggedPath);
  must(asked.find_first_of(" \t\r\n\\") == std::string::npos && line->path.find('?') == std::string_view::npos);
  must(line->status >= 100 && line->status <= 599);
}

// One parser reads all rows, as from a file.
void csv_rows(std::string_view text) {
  RateCsvParser parser;
  while (!text.empty()) {
    const std::string_view row = text.substr(0, text.find('\n'));
    text.remove_prefix(row.size() < text.size() ? row.size() + 1 : row.size());
    std::string_view problem;
    const auto read = parser.parse(row, problem);
    if (read) must(problem.empty() && std::isfinite(read->count) && read->count >= 0);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  log_line(text);
  csv_rows(text);
  (void)parse_recorded_time(text);
  (void)parse_log_time(text);
  return 0;
}
