#include "probes/http/user_state.hpp"

namespace gelombang {

CURLSH* HttpUser::State::open_share() {
  if (share) return share.get();
  share.reset(curl_share_init());
  if (!share) return nullptr;
  for (const curl_lock_data what : {CURL_LOCK_DATA_CONNECT, CURL_LOCK_DATA_SSL_SESSION, CURL_LOCK_DATA_COOKIE}) {
    if (curl_share_setopt(share.get(), CURLSHOPT_SHARE, what) != CURLSHE_OK) {
      share.reset();
      return nullptr;
    }
  }
  return share.get();
}

}  // namespace gelombang
