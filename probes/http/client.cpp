#include "probes/http/client.hpp"

#include "probes/http/client_impl.hpp"

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

}  // namespace gelombang
