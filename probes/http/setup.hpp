// Which options a libcurl handle gets: those that never change, on the template that every handle is
// copied from, and those of one hop.
#pragma once

#include "base/result.hpp"
#include "probes/http/client.hpp"
#include "probes/http/transfer.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gelombang {

// libcurl's handles, copied from one template and used again: making one anew touches files.
class EasyPool {
 public:
  EasyPool(const HttpClient::Options& options, TransferContext& shared);
  // Null where there is no memory for one.
  std::unique_ptr<EasySlot> take();
  void give_back(std::unique_ptr<EasySlot> slot);
  void clear() { free_.clear(); }

 private:
  CurlEasy template_;
  CurlList resolve_;  // pinned look-ups
  std::vector<std::unique_ptr<EasySlot>> free_;
};

// Fills the header lines of a hop. An Error where the script's headers cannot be sent.
Result<void> set_headers(EasySlot& slot, const Transfer& transfer, const HttpClient::Options& options,
                         std::string_view traceparent);

// Fits a handle for the transfer's present hop, and takes everything of it back out again.
void set_hop(EasySlot& slot, Transfer& transfer, CURLSH* share, const HttpClient::Options& options);
void clear_hop(EasySlot& slot);
// No kept connection is to be used.
void set_fresh(EasySlot& slot);

}  // namespace gelombang
