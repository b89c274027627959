// What a failed request, or an answer that a script did not like, looked like, fit to be kept: secrets, people's data
// and whatever may be a token taken out, and everything cut to a bound, never within a letter. What a target sends may
// be anything.
#pragma once

#include "engine/privacy/failed_check.hpp"
#include "engine/privacy/redactor.hpp"
#include "metrics/sampled_details.hpp"
#include "probes/http/message.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// Step, tries and sample are the caller's to add. The redactor knows the person and what the target handed to them.
Evidence evidence_of(const HttpResult& result, const Redactor& redactor);

// `answer` is the step's last one, or null. The body is that of the answer, or what the script says that it looked at.
Evidence evidence_of(const FailedCheck& failed, const HttpResult* answer, const Redactor& redactor);

// What follows a telling name goes as well: token=..., "password": "...", Authorization: ... to the end of its line.
std::string without_named_values(std::string_view text);

// Words that look like a token (20 characters or more of those that tokens are made of, letters and digits among
// them) become "[redacted]".
std::string without_tokens(std::string_view text);

}  // namespace gelombang
