// Where a journey's people come from. The row of an iteration depends on the iteration's index and the seed alone, not
// on the worker or machine.
#pragma once

#include "engine/files/csv_table.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gelombang {

enum class FeederOrder : std::uint8_t { queue, circular, random };
inline constexpr std::array<std::string_view, 3> kFeederOrderNames{"queue", "circular", "random"};

struct PeopleFeed {
  std::uint64_t seed = 1;
  std::uint64_t first = 0;
  std::uint64_t count = 0;  // 0: endless
  std::string mail_domain;  // empty: the default
};

struct Feed {
  FeederOrder order = FeederOrder::circular;
  std::optional<PeopleFeed> people;     // either generated people
  std::shared_ptr<const CsvTable> csv;  // or the rows of a file

  // 0: endless.
  [[nodiscard]] std::uint64_t size() const noexcept;
  // The row for an iteration; nullopt when a queue has run dry.
  [[nodiscard]] std::optional<std::uint64_t> row(std::uint64_t run_seed, std::uint64_t iteration) const noexcept;
};

using Fields = std::vector<std::pair<std::string, std::string>>;
// The fields of a row, by name. People: index, name, email, password, nik, kk, birth_date, sex.
Fields fields_of(const Feed& feed, std::uint64_t row);

}  // namespace gelombang
