// Handles responses that are complete before the request's body is sent. After an early 200, libcurl 7.88 goes on
// sending, and over HTTP/2 it waits for a window that never opens. Such a transfer is ended here.
#pragma once

#include "probes/http/transfer.hpp"

namespace gelombang {

// Whether the whole response has come. The transfer's handle must be in its slot, and its headers must be complete.
bool answer_complete(const Transfer& transfer, const CurlLoop& loop);

// Whether `code` only says that a stream, closed cleanly after its response, takes no more of the request's body.
// libcurl has a message for every other fault of a stream.
bool closed_after_answer(const Transfer& transfer, CURLcode code);

// For an HTTP/2 response without a length and without a body so far, because libcurl does not show its end: whether
// nothing has moved, in either direction, for a second. Must be called from time to time.
bool answer_at_rest(Transfer& transfer, TimePoint now);

}  // namespace gelombang
