// Makes evidence of a failed request, or of an answer that failed a script's check. Secrets, people's data and whatever
// may be a token are taken out, and every text is cut to a bound, never within a letter. A target may send anything.
#pragma once

#include "engine/privacy/failed_check.hpp"
#include "engine/privacy/redactor.hpp"
#include "metrics/sampled_details.hpp"
#include "probes/http/message.hpp"

#include <string>
#include <string_view>

namespace gelombang {

// The caller adds step, tries and sample. The redactor knows the person and what the target handed to them.
Evidence evidence_of(const HttpResult& result, const Redactor& redactor);

// `answer` is the step's last one, or null. The body is that of the answer, or what the script says that it looked at.
Evidence evidence_of(const FailedCheck& failed, const HttpResult* answer, const Redactor& redactor);

// Takes out the values of telling names: token=..., "password": "...", Authorization: ... to the end of its line.
std::string without_named_values(std::string_view text);

// Words that look like a token (20 characters or more of those that tokens are made of, letters and digits among
// them) become "[redacted]".
std::string without_tokens(std::string_view text);

}  // namespace gelombang
