// The page of a run, as ./dev web bundled it: one HTML file without any external address.
#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// An Error if there is no page: the program may have been built without it.
Result<void> page_available();
// The page with a run in it. `json` may contain any text from a target: it is escaped so that it stays data.
Result<std::string> page_with(std::string_view json);
// The page that loads its run from api/run.
Result<std::string> live_page();
// What the page may do: its own Content-Security-Policy.
std::string page_policy();

// JSON for use inside a <script>: the same value, without <, >, & and the line ends of JavaScript.
std::string script_safe(std::string_view json);

}  // namespace gelombang
