// Makes evidence of a failed request, or of an answer that failed a script's check. Secrets, people's data and
// everything that may be a token are removed. Every text is cut to a bound, never inside a character. A target may send
// anything.
#pragma once

#include "engine/privacy/failed_check.hpp"
#include "engine/privacy/redactor.hpp"
#include "metrics/sampled_details.hpp"
#include "probes/http/message.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// The caller adds step, tries and sample. The redactor knows the person and what the target handed out.
Evidence evidence_of(const HttpResult& result, const Redactor& redactor);

// `answer` is the step's last answer, or null. The body is the text that the check looked at, or else the answer's
// body.
Evidence evidence_of(const FailedCheck& failed, const HttpResult* answer, const Redactor& redactor);

// Removes the values of sensitive names: token=..., "password": "...", Authorization: ... to the end of its line.
std::string without_named_values(std::string_view text);

// Words that look like a token become "[redacted]": 20 or more token characters, with at least one letter and one
// digit.
std::string without_tokens(std::string_view text);

}  // namespace gelombang
