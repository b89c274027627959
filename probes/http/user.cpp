#include "probes/http/user.hpp"

#include "probes/http/client_impl.hpp"
#include "probes/http/cookies.hpp"
#include "probes/http/user_state.hpp"

#include <cassert>
#include <utility>

namespace gelombang {

HttpUser::HttpUser(HttpClient& client) : state_(std::make_unique<State>(client.impl_->handles())) {}

HttpUser::~HttpUser() { assert(state_->active == 0); }

void HttpUser::set_network(const NetworkProfile* profile) {
  assert(state_->active == 0);
  state_->link = profile != nullptr ? std::make_shared<NetworkLink>(*profile) : nullptr;
}

void HttpUser::reset() {
  assert(state_->active == 0);
  state_->share.reset();
}

std::string HttpUser::cookie(std::string_view url, std::string_view name) const {
  if (!state_->share) return {};
  std::unique_ptr<EasySlot> slot = state_->handles->take();
  if (!slot) return {};
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, state_->share.get());
  curl_slist* lines = nullptr;
  curl_easy_getinfo(slot->easy.get(), CURLINFO_COOKIELIST, &lines);
  const CurlList owned(lines);
  std::string value = cookie_for(lines, url, name);
  state_->handles->give_back(std::move(slot));
  return value;
}

void HttpUser::disconnect() {
  if (!state_->share) return;
  std::unique_ptr<EasySlot> slot = state_->handles->take();
  if (!slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, state_->share.get());
  curl_slist* lines = nullptr;
  curl_easy_getinfo(slot->easy.get(), CURLINFO_COOKIELIST, &lines);
  const CurlList owned(lines);
  state_->handles->give_back(std::move(slot));
  reset();
  CURLSH* const share = lines != nullptr ? state_->open_share() : nullptr;
  slot = share != nullptr ? state_->handles->take() : nullptr;
  if (!slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, share);
  for (const curl_slist* line = lines; line != nullptr; line = line->next) {
    curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIELIST, line->data);
  }
  state_->handles->give_back(std::move(slot));
}

void HttpUser::set_cookie(std::string_view url, std::string_view name, std::string_view value) {
  const std::string line = cookie_line(url, name, value);
  CURLSH* const share = state_->open_share();
  std::unique_ptr<EasySlot> slot = state_->handles->take();
  if (line.empty() || share == nullptr || !slot) return;
  curl_easy_setopt(slot->easy.get(), CURLOPT_SHARE, share);
  curl_easy_setopt(slot->easy.get(), CURLOPT_COOKIELIST, line.c_str());
  state_->handles->give_back(std::move(slot));
}

}  // namespace gelombang
