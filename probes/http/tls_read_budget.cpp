#include "probes/http/tls_read_budget.hpp"

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <new>

namespace gelombang {
namespace {

struct Connection {
  std::shared_ptr<TlsReadBudget::State> state;
  std::uint64_t round = 0;
  std::size_t left = 0;
  std::uint64_t taken = 0;  // in all rounds
  bool ended = false;       // the peer has closed
};

int read_bytes(BIO* bio, char* to, int size) {
  BIO_clear_retry_flags(bio);
  auto& connection = *static_cast<Connection*>(BIO_get_data(bio));
  if (connection.round != connection.state->round) {
    connection.round = connection.state->round;
    connection.left = TlsReadBudget::kBytesPerRound;
  }
  if (connection.left == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const int got =
      BIO_read(BIO_next(bio), to, static_cast<int>(std::min(connection.left, static_cast<std::size_t>(size))));
  BIO_copy_next_retry(bio);
  if (got > 0) {
    connection.left -= static_cast<std::size_t>(got);
    connection.taken += static_cast<std::size_t>(got);
  }
  connection.ended = got == 0;
  return got;
}

// libcurl 7.88 does not tell OpenSSL that the connection has ended. Without that, a close without TLS's closing alert
// is taken for the end of a response.
long control(BIO* bio, int command, long number, void* pointer) {
  if (command == BIO_CTRL_EOF && static_cast<const Connection*>(BIO_get_data(bio))->ended) return 1;
  return BIO_ctrl(BIO_next(bio), command, number, pointer);
}

int destroy(BIO* bio) {
  delete static_cast<Connection*>(BIO_get_data(bio));
  return 1;
}

int type() {
  static const int made = BIO_get_new_index() | BIO_TYPE_FILTER;
  return made;
}

BIO_METHOD* method() {
  static BIO_METHOD* const made = [] {
    BIO_METHOD* const fresh = BIO_meth_new(type(), "read budget");
    if (fresh == nullptr) return fresh;
    BIO_meth_set_read(fresh, &read_bytes);
    BIO_meth_set_ctrl(fresh, &control);
    BIO_meth_set_destroy(fresh, &destroy);
    return fresh;
  }();
  return made;
}

int budget_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void put_before_reads(SSL* session, const TlsReadBudget& budget) {
  BIO* const below = SSL_get_rbio(session);
  if (below == nullptr || method() == nullptr) return;
  BIO* const filter = BIO_new(method());
  auto* const connection = new (std::nothrow) Connection{budget.state()};
  if (filter == nullptr || connection == nullptr) {
    BIO_free(filter);
    delete connection;
    return;
  }
  BIO_set_data(filter, connection);
  BIO_set_init(filter, 1);
  BIO_up_ref(below);  // the session releases it next
  SSL_set0_rbio(session, BIO_push(filter, below));
}

// When the handshake begins, libcurl has given the session its BIO, and nothing has been read from it. TLS 1.3 reports
// the start of a handshake again when a ticket comes.
void on_info(const SSL* session, int where, int) {
  if ((where & SSL_CB_HANDSHAKE_START) == 0 || SSL_get_rbio(session) != SSL_get_wbio(session)) return;
  const void* const budget = SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), budget_index());
  if (budget == nullptr) return;
  put_before_reads(const_cast<SSL*>(session), *static_cast<const TlsReadBudget*>(budget));
}

}  // namespace

std::optional<std::uint64_t> TlsReadBudget::taken(SSL* session) noexcept {
  BIO* const filter = SSL_get_rbio(session);
  if (filter == nullptr || BIO_method_type(filter) != type()) return std::nullopt;
  return static_cast<const Connection*>(BIO_get_data(filter))->taken;
}

void TlsReadBudget::guard(SSL_CTX* context) const noexcept {
  if (SSL_CTX_set_ex_data(context, budget_index(), const_cast<TlsReadBudget*>(this)) != 1) return;
  SSL_CTX_set_info_callback(context, &on_info);
}

}  // namespace gelombang
