// Which options of a libcurl handle are set for one hop. Those that never change: probes/http/easy_pool.
#pragma once

#include "base/result.hpp"
#include "probes/http/client.hpp"
#include "probes/http/transfer.hpp"

#include <string_view>

namespace gelombang {

// Fills the header lines of a hop. An Error where the script's headers cannot be sent.
Result<void> set_headers(EasySlot& slot, const Transfer& transfer, const HttpClient::Options& options,
                         std::string_view traceparent);

// Fits a handle for the transfer's present hop, and takes everything of it back out again.
void set_hop(EasySlot& slot, Transfer& transfer, CURLSH* share, const HttpClient::Options& options);
void clear_hop(EasySlot& slot);
// No kept connection is to be used.
void set_fresh(EasySlot& slot);

}  // namespace gelombang
