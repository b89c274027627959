// A pool of libcurl handles, copied from one template and reused, because making a new handle touches files.
#pragma once

#include "probes/curl_handles.hpp"
#include "probes/http/client.hpp"
#include "probes/http/easy_slot.hpp"
#include "probes/http/transfer_context.hpp"

#include <memory>
#include <vector>

namespace gelombang {

class EasyPool {
 public:
  static constexpr long kReceiveBuffer = 16 * 1024;  // for each transfer under way

  EasyPool(const HttpClient::Options& options, TransferContext& shared);
  // Null if there is no memory for a handle.
  std::unique_ptr<EasySlot> take();
  void give_back(std::unique_ptr<EasySlot> slot);
  void clear() { free_.clear(); }

 private:
  CurlEasy template_;
  CurlList resolve_;  // pinned look-ups
  std::vector<std::unique_ptr<EasySlot>> free_;
};

}  // namespace gelombang
