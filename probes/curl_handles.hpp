// Owning pointers for libcurl's handles, and the options that all of them have set.
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

// Sets the options of every handle: no signals, because there are threads, and no proxy from the environment, because
// it would stand between the guard and the target.
void set_direct(CURL* easy);
// The same, for HTTP only and for one exchange at a time: the guard must be asked before a redirect is followed.
void set_http(CURL* easy);

// A part of a URL; empty if the URL does not have it.
std::string url_part(CURLU* url, CURLUPart part, unsigned flags = 0);

// Sets whom a handle's connections trust: anybody if `verify` is false, otherwise the authorities in `ca_file`, or the
// system's if that is empty.
void set_certificates(CURL* easy, bool verify, const std::string& ca_file);

}  // namespace gelombang
