// A comparison as text for a terminal, as Markdown for a pull request's comment, and as JSON for programs.
// docs/compare.md says what is in the JSON.
#pragma once

#include "base/terminal.hpp"
#include "compare/comparison.hpp"

#include <string>

namespace gelombang {

inline constexpr std::string_view kCompareSchema = "gelombang.compare/1";

// Fits 80 columns if the names are short enough. The terminal decides about colour.
std::string comparison_text(const RunComparison& comparison, const Terminal& terminal, TextWidth width = std::nullopt);
std::string comparison_markdown(const RunComparison& comparison);
std::string comparison_json(const RunComparison& comparison, int exit_code);

}  // namespace gelombang
