#include "probes/http/easy_pool.hpp"

#include "probes/http/setup.hpp"
#include "probes/http/transfer.hpp"

#include <string>
#include <utility>

namespace gelombang {
namespace {

constexpr long kSendBuffer = 16 * 1024;  // libcurl's minimum

void set_callbacks(CURL* easy, TransferContext& shared) {
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
  curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, &Transfer::on_lookup);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &Transfer::on_debug);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &CurlLoop::close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, shared.loop);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &Transfer::on_tls_context);
  curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &shared.tls_reads);
}

// These pointers to the slot stay the same for the slot's whole life.
void set_owner(EasySlot& slot) {
  CURL* const easy = slot.easy.get();
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, slot.message.data());
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &slot);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_READDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_SEEKDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, &slot);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &slot);
  curl_easy_setopt(easy, CURLOPT_DEBUGDATA, &slot);
}

CurlEasy make_template(const HttpClient::Options& options, TransferContext& shared) {
  CurlEasy handle(curl_easy_init());
  CURL* const easy = handle.get();
  if (easy == nullptr) return handle;
  set_http(easy);
  // A look-up that is given up must not block everybody: its thread ends by itself.
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);  // we decode, within limits: HttpDecoder
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, EasyPool::kReceiveBuffer);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, kSendBuffer);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 300L);  // as long as browsers keep one
  set_certificates(easy, options.verify_certificates, options.ca_file);
  set_callbacks(easy, shared);
  return handle;
}

}  // namespace

EasyPool::EasyPool(const HttpClient::Options& options, TransferContext& shared)
    : template_(make_template(options, shared)) {
  for (const std::string& entry : options.resolve) {
    resolve_.reset(curl_slist_append(resolve_.release(), entry.c_str()));
  }
}

std::unique_ptr<EasySlot> EasyPool::take() {
  if (!free_.empty()) {
    std::unique_ptr<EasySlot> slot = std::move(free_.back());
    free_.pop_back();
    return slot;
  }
  auto slot = std::make_unique<EasySlot>();
  if (template_) slot->easy.reset(curl_easy_duphandle(template_.get()));
  if (!slot->easy) return nullptr;
  set_owner(*slot);
  // The user's share brings the cookies; this option makes libcurl send them. Copies of the template lack it.
  curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIEFILE, "");
  // libcurl takes the entries of a handle once, with the handle's first transfer.
  if (resolve_) curl_easy_setopt(slot->easy.get(), CURLOPT_RESOLVE, resolve_.get());
  return slot;
}

void EasyPool::give_back(std::unique_ptr<EasySlot> slot) {
  clear_hop(*slot);
  // libcurl never forgets a system error, so the next transfer would seem to have it.
  long os_errno = 0;
  curl_easy_getinfo(slot->easy.get(), CURLINFO_OS_ERRNO, &os_errno);
  if (!slot->tainted && os_errno == 0) free_.push_back(std::move(slot));
}

}  // namespace gelombang
