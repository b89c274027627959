#include "probes/curl_handles.hpp"

#include <mutex>

namespace gelombang {

void ensure_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_ALL); });
}

void set_certificates(CURL* easy, bool verify, const std::string& ca_file) {
  // A directory of certificates would keep libcurl from sharing one parsed store among its connections.
  curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  if (!verify) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    curl_easy_setopt(easy, CURLOPT_CAINFO, nullptr);
  } else if (!ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file.c_str());
  }
}

}  // namespace gelombang
