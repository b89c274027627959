// Which options a libcurl handle gets: those that never change, on the template that every handle is
// copied from, and those of one hop.
#pragma once

#include "base/result.hpp"
#include "probes/http_client.hpp"
#include "probes/http_transfer.hpp"

#include <memory>
#include <string>

namespace gelombang {

// Null where there is no memory for it.
CurlEasy make_template(const HttpClient::Options& options, CurlLoop& loop);

// The header lines of a hop. An Error where the script's headers cannot be sent.
Result<CurlList> make_headers(const Transfer& transfer, const HttpClient::Options& options,
                              const std::string& traceparent);

// Fits a handle for the transfer's present hop, and takes everything of it back out again.
void set_hop(EasySlot& slot, Transfer& transfer, CURLSH* share, const HttpClient::Options& options);
void clear_hop(EasySlot& slot);

}  // namespace gelombang
