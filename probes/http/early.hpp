// Answers that are complete before the request's body was sent. libcurl 7.88 goes on sending after an
// early 200, and over HTTP/2 waits for a window that never opens: such a transfer is ended here.
#pragma once

#include "probes/http/transfer.hpp"

namespace gelombang {

// Whether everything of the answer has come. The transfer's handle is in its slot, its headers are complete.
bool answer_complete(const Transfer& transfer, const CurlLoop& loop);

// Whether `code` only says that a stream that had been closed cleanly, after its answer, takes no more of the
// body: libcurl has words for every other fault of a stream.
bool closed_after_answer(const Transfer& transfer, CURLcode code);

// For an answer over HTTP/2 without a length and without a body so far, whose end libcurl does not show: whether
// nothing has moved, in either direction, for a second. Call it every now and then.
bool answer_at_rest(Transfer& transfer, TimePoint now);

}  // namespace gelombang
