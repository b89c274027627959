// The page of a run, as ./dev web bundled it: one HTML file without any address in it.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// Why there is no page, or nothing: the program may have been built without it.
Result<void> page_available();
// The page with a run in it. `json` may hold whatever a target said: it cannot leave the place where it is put.
Result<std::string> page_with(std::string_view json);
// The page that asks api/run for its run.
Result<std::string> live_page();
// What the page may do: the Content-Security-Policy that stands in it.
std::string page_policy();

// JSON that may stand inside of a <script>: the same value, without <, >, & and the line ends that JavaScript knows.
std::string script_safe(std::string_view json);

}  // namespace gelombang
