#include "probes/curl_handles.hpp"

#include <mutex>

namespace gelombang {

void ensure_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_ALL); });
}

}  // namespace gelombang
