#include "tests/support/http2_peer.hpp"

#include <sys/socket.h>

#include <cstring>
#include <stdexcept>
#include <utility>

namespace gelombang::test {
namespace {

// Chooses h2 if the client offers it.
int choose_h2(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered, unsigned size,
              void*) {
  static constexpr std::string_view kH2 = "\2h2";
  if (std::string_view(reinterpret_cast<const char*>(offered), size).find(kH2) == std::string_view::npos) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = reinterpret_cast<const unsigned char*>(kH2.data() + 1);
  *length = 2;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xff);
  return bytes;
}

std::string Http2Connection::read(std::size_t count) {
  std::string bytes(count, '\0');
  std::size_t got = 0;
  while (got < count) {
    const int chunk = SSL_read(tls_, bytes.data() + got, static_cast<int>(count - got));
    if (chunk <= 0) return {};
    got += static_cast<std::size_t>(chunk);
  }
  return bytes;
}

bool Http2Connection::open(std::uint32_t stream_window) {
  if (read(24).empty()) return false;
  return send_frame(settings, none, 0, std::string("\0\4", 2) + big_endian(stream_window));
}

Http2Connection::Frame Http2Connection::read_frame() {
  const std::string head = read(9);
  if (head.empty()) return {};
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(head[i])); };
  Frame frame;
  const std::size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
  frame.type = static_cast<std::uint8_t>(byte(3));
  frame.flags = static_cast<std::uint8_t>(byte(4));
  frame.stream = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
  if (length > 0) frame.payload = read(length);
  return frame;
}

std::uint32_t Http2Connection::read_request() {
  for (;;) {
    const Frame frame = read_frame();
    if (frame.type == 0xff) return 0;
    if (frame.type == settings && (frame.flags & 1) == 0) send_frame(settings, 1, 0, {});
    if (frame.type == headers) return frame.stream;
  }
}

bool Http2Connection::send_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                                 std::string_view payload) {
  std::string bytes = big_endian(static_cast<std::uint32_t>(payload.size())).substr(1);
  bytes += static_cast<char>(type);
  bytes += static_cast<char>(flags);
  bytes += big_endian(stream);
  bytes.append(payload);
  return write(bytes);
}

bool Http2Connection::write(std::string_view bytes) {
  return SSL_write(tls_, bytes.data(), static_cast<int>(bytes.size())) == static_cast<int>(bytes.size());
}

bool Http2Connection::send_status_200(std::uint32_t stream, bool end, std::string_view name, std::string_view value) {
  std::string block(1, static_cast<char>(0x88));  // the static table's ":status: 200"
  if (!name.empty()) {
    block += '\0';  // literal, not indexed, new name
    block += static_cast<char>(name.size());
    block.append(name);
    block += static_cast<char>(value.size());
    block.append(value);
  }
  return send_frame(headers, static_cast<std::uint8_t>(end_headers | (end ? end_stream : none)), stream, block);
}

void Http2Connection::read_until_close() {
  while (read_frame().type != 0xff) {
  }
}

RawServer::Play http2_play(const CertificateAuthority::Leaf& leaf, std::function<void(Http2Connection&)> play) {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (SSL_CTX_use_certificate_chain_file(context.get(), leaf.certificate.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context.get(), leaf.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    throw std::runtime_error("cannot read a certificate");
  }
  SSL_CTX_set_alpn_select_cb(context.get(), choose_h2, nullptr);
  return [context, play = std::move(play)](RawConnection& raw) {
    const std::unique_ptr<SSL, decltype(&SSL_free)> tls(SSL_new(context.get()), SSL_free);
    SSL_set_fd(tls.get(), raw.fd());
    if (SSL_accept(tls.get()) != 1) return;
    Http2Connection connection(tls.get());
    play(connection);
    // A close with unread data of the client would send a reset.
    ::shutdown(raw.fd(), SHUT_WR);
    raw.wait_for_close();
  };
}

}  // namespace gelombang::test
