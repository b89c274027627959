// Owning pointers for libcurl's handles, and what all of them have set.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

namespace gelombang {

struct CurlEasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct CurlMultiDeleter {
  void operator()(CURLM* handle) const noexcept { curl_multi_cleanup(handle); }
};
struct CurlShareDeleter {
  void operator()(CURLSH* handle) const noexcept { curl_share_cleanup(handle); }
};
struct CurlUrlDeleter {
  void operator()(CURLU* handle) const noexcept { curl_url_cleanup(handle); }
};
struct CurlListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct CurlTextDeleter {
  void operator()(char* text) const noexcept { curl_free(text); }
};

using CurlEasy = std::unique_ptr<CURL, CurlEasyDeleter>;
using CurlMulti = std::unique_ptr<CURLM, CurlMultiDeleter>;
using CurlShare = std::unique_ptr<CURLSH, CurlShareDeleter>;
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;
using CurlText = std::unique_ptr<char, CurlTextDeleter>;

// curl_global_init, once in a process, before threads use libcurl.
void ensure_curl();

// What every handle of ours has set: no signals, for there are threads, and no proxy of the environment's, for it would
// stand between the guard and the target.
void set_direct(CURL* easy);
// The same for HTTP alone, and for one exchange at a time: who follows a redirect has to ask first.
void set_http(CURL* easy);

// A part of a URL, empty where it has none.
std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0);

// Whom a handle's connections trust: the system's authorities, those of `ca_file` instead where it is not empty, or
// anybody where nothing is verified.
void set_certificates(CURL* easy, bool verify, const std::string& ca_file);

}  // namespace gelombang
