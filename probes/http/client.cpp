#include "probes/http/client.hpp"

#include "probes/http/user.hpp"
#include "probes/http/worker.hpp"

#include <utility>

namespace gelombang {

HttpClient::HttpClient(boost::asio::io_context& context, const Clock& clock, SocketGuard& guard, Options options)
    : impl_(std::make_shared<Impl>(context, clock, guard, std::move(options))) {}

HttpClient::~HttpClient() { impl_->end(); }

TransferId HttpClient::start(HttpUser& user, HttpRequest request, Done done) {
  return impl_->start(user, std::move(request), std::move(done));
}

void HttpClient::cancel(TransferId transfer, Outcome outcome) { impl_->cancel(transfer, outcome); }

void HttpClient::end_transfers() { impl_->end_transfers(); }

std::size_t HttpClient::active() const noexcept { return impl_->active(); }

std::size_t HttpClient::open_connections() const noexcept { return impl_->open_connections(); }

std::string HttpUser::cookie(std::string_view url, std::string_view name) const {
  if (!state_->share) return {};
  std::unique_ptr<EasySlot> slot = state_->client->impl_->handles().take();
  if (!slot) return {};
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, state_->share.get());
  curl_slist* lines = nullptr;
  curl_easy_getinfo(slot->easy.get(), CURLINFO_COOKIELIST, &lines);
  const CurlList owned(lines);
  std::string value = cookie_for(lines, url, name);
  state_->client->impl_->handles().give_back(std::move(slot));
  return value;
}

void HttpUser::disconnect() {
  if (!state_->share) return;
  std::unique_ptr<EasySlot> slot = state_->client->impl_->handles().take();
  if (!slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, state_->share.get());
  curl_slist* lines = nullptr;
  curl_easy_getinfo(slot->easy.get(), CURLINFO_COOKIELIST, &lines);
  const CurlList owned(lines);
  state_->client->impl_->handles().give_back(std::move(slot));
  reset();
  CURLSH* const share = lines != nullptr ? state_->open_share() : nullptr;
  slot = share != nullptr ? state_->client->impl_->handles().take() : nullptr;
  if (!slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, share);
  for (const curl_slist* line = lines; line != nullptr; line = line->next) {
    curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIELIST, line->data);
  }
  state_->client->impl_->handles().give_back(std::move(slot));
}

void HttpUser::set_cookie(std::string_view url, std::string_view name, std::string_view value) {
  const std::string line = cookie_line(url, name, value);
  CURLSH* const share = state_->open_share();
  std::unique_ptr<EasySlot> slot = state_->client->impl_->handles().take();
  if (line.empty() || share == nullptr || !slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, share);
  curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIELIST, line.c_str());
  state_->client->impl_->handles().give_back(std::move(slot));
}

}  // namespace gelombang
