// Sets the options of a libcurl handle for one hop. probes/http/easy_pool sets those that never change.
#pragma once

#include "base/result.hpp"
#include "probes/http/client.hpp"
#include "probes/http/transfer.hpp"

#include <string_view>

namespace gelombang {

// Fills the header lines of a hop. An Error if the script's headers cannot be sent.
Result<void> set_headers(EasySlot& slot, const Transfer& transfer, const HttpClient::Options& options,
                         std::string_view traceparent);

// set_hop prepares a handle for the transfer's present hop; clear_hop removes everything of the hop again.
void set_hop(EasySlot& slot, Transfer& transfer, CURLSH* share, const HttpClient::Options& options);
void clear_hop(EasySlot& slot);
// Makes libcurl use no kept connection.
void set_fresh(EasySlot& slot);

}  // namespace gelombang
