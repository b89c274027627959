// A recorded rate: "time,count" rows of a CSV file, or the points of a query, as an Intensity.
#pragma once

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/files/scenario_folder.hpp"
#include "engine/load/intensity.hpp"
#include "engine/load/prometheus_range.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

struct RateRow {
  Duration time{};
  double count = 0;  // arrivals from this time to that of the next row
};

// Reads rows one by one. A header row says which columns are time and count. Without a header there are exactly these
// two. Every row must have the same number of fields: one more would be a comma in a number, or another column.
class RateCsvParser {
 public:
  // nullopt if the line holds no row; then `problem` says why, or is empty for a header and an empty line.
  std::optional<RateRow> parse(std::string_view line, std::string_view& problem);
  // The last line was a header of other columns: the rows below it cannot be read.
  [[nodiscard]] bool foreign_header() const noexcept { return foreign_; }

 private:
  using Fields = std::vector<std::string>;
  // Whether `fields` is a header. Sets `problem` if the header is of no use.
  bool read_header(const Fields& fields, std::string_view& problem);

  std::size_t columns_ = 2;
  std::size_t time_column_ = 0;
  std::size_t count_column_ = 1;
  bool started_ = false;
  bool foreign_ = false;
};

// The file is streamed, and at most 131072 rows are held. If it has more, neighbours are added up: the counts stay, and
// the resolution halves. `notes` gets a line for each thing that was left out.
Result<Intensity> read_rate_csv(const NamedFile& file, std::vector<std::string>& notes);

// Straight lines from point to point.
Result<Intensity> rate_of_points(const std::vector<RatePoint>& points, std::string_view query);

}  // namespace gelombang
