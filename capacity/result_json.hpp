// The result of a search for programs: gelombang.find-max/1, docs/capacity.md.
#pragma once

#include "capacity/prober.hpp"
#include "capacity/search.hpp"

#include <string>

namespace gelombang::capacity {

std::string result_json(const SearchResult& result, const SearchSettings& settings, const ProberOptions& options);

}  // namespace gelombang::capacity
