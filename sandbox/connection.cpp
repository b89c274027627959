#include "sandbox/connection.hpp"

#include "sandbox/counters.hpp"
#include "sandbox/photo_upload.hpp"

#include <fmt/format.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <iterator>
#include <type_traits>
#include <utility>

namespace gelombang::sandbox {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using PlainStream = beast::tcp_stream;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

// The most bytes a connection holds of a body, and of data that arrived before it was read.
constexpr std::size_t kBodyChunk = 16 * 1024;
constexpr std::size_t kMaxBuffered = 40 * 1024;
constexpr std::size_t kSmallBody = 8 * 1024;  // up to this size, head and body are sent as one buffer

Method method_of(http::verb verb) {
  switch (verb) {
    case http::verb::get: return Method::get;
    case http::verb::head: return Method::head;
    case http::verb::post: return Method::post;
    case http::verb::delete_: return Method::del;
    default: return Method::other;
  }
}

// The text of the Date header changes once a second. Each loop keeps its own copy.
const std::string& current_date() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  if (const std::time_t now = std::time(nullptr); now != second) {
    second = now;
    text = http_date(now);
  }
  return text;
}

// The client sent something that is not HTTP. All other errors mean that the client left or timed out.
bool broken_message(error_code ec) {
  return ec.category() == http::make_error_code(http::error::bad_line_ending).category() &&
         ec != http::error::partial_message;
}

std::string_view text_of(boost::core::string_view text) { return {text.data(), text.size()}; }

template <class Stream>
class Connection final : public ConnectionBase, public std::enable_shared_from_this<Connection<Stream>> {
 public:
  Connection(asio::ip::tcp::socket socket, asio::ssl::context* tls, std::shared_ptr<ConnectionContext> context)
      : stream_(make_stream(std::move(socket), tls)), context_(std::move(context)) {
    error_code ignored;
    peer_ = tcp().socket().remote_endpoint(ignored).address();
    context_->open.insert(this);
    ++context_->counters.connections_open;
  }
  ~Connection() override {
    context_->open.erase(this);
    --context_->counters.connections_open;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start() override {
    tcp().expires_after(context_->limits.header_time);
    if constexpr (kTls) {
      stream_.async_handshake(asio::ssl::stream_base::server, [self = this->shared_from_this()](error_code ec) {
        if (!ec) self->read_header();
      });
    } else {
      read_header();
    }
  }

  void finish() override {
    if (!busy_) tcp().close();
  }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

  static Stream make_stream(asio::ip::tcp::socket socket, asio::ssl::context* tls) {
    if constexpr (kTls) {
      return TlsStream(PlainStream(std::move(socket)), *tls);
    } else {
      (void)tls;
      return PlainStream(std::move(socket));
    }
  }
  PlainStream& tcp() { return beast::get_lowest_layer(stream_); }

  void read_header() {
    parser_.emplace();
    parser_->header_limit(context_->limits.header_bytes);
    parser_->body_limit(boost::none);  // BodyPlan has the limit of the endpoint
    if (served_ > 0) tcp().expires_after(context_->limits.idle_time);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = this->shared_from_this()](error_code ec, std::size_t) { self->on_header(ec); });
  }

  void on_header(error_code ec) {
    if (ec == http::error::end_of_stream) return close();
    if (ec) {
      if (ec == http::error::header_limit) return refuse_malformed(431, "HEADERS_TOO_LARGE");
      if (broken_message(ec)) return refuse_malformed(400, "MALFORMED");
      return;  // the client left or timed out
    }
    busy_ = true;
    request_ = Request{};
    received_ = 0;
    fill_request();
    BodyPlan plan = context_->service.plan(request_);
    body_limit_ = plan.limit;
    if (plan.refusal) return send(std::move(*plan.refusal));
    if (parser_->is_done()) return dispatch();
    if (request_.content_length.value_or(0) > body_limit_) return send(too_large());
    body_deadline_ = std::chrono::steady_clock::now() + context_->limits.body_time;
    chunk_.resize(std::min<std::size_t>(kBodyChunk, request_.content_length.value_or(kBodyChunk)));
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) return send_continue();
    read_body();
  }

  void fill_request() {
    const auto& message = parser_->get();
    request_.method = method_of(message.method());
    const std::string_view target = text_of(message.target());
    const std::size_t question = target.find('?');
    request_.path = target.substr(0, question);
    if (question != std::string_view::npos) request_.query = target.substr(question + 1);
    for (const auto& field : message) {
      switch (field.name()) {
        case http::field::cookie:
          if (!request_.cookie.empty()) request_.cookie += "; ";
          request_.cookie += text_of(field.value());
          break;
        case http::field::content_type: request_.content_type = text_of(field.value()); break;
        case http::field::accept: request_.accept = text_of(field.value()); break;
        default: break;
      }
    }
    if (const auto length = parser_->content_length()) request_.content_length = *length;
    request_.peer = peer_;
  }

  void send_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    tcp().expires_after(context_->limits.write_time);
    asio::async_write(stream_, asio::buffer(kContinue), [self = this->shared_from_this()](error_code ec, std::size_t) {
      if (!ec) self->read_body();
    });
  }

  void read_body() {
    auto& body = parser_->get().body();
    body.data = chunk_.data();
    body.size = chunk_.size();
    body.more = true;
    const auto left = body_deadline_ - std::chrono::steady_clock::now();
    tcp().expires_after(std::min<std::chrono::nanoseconds>(left, context_->limits.body_pause));
    http::async_read_some(stream_, buffer_, *parser_,
                          [self = this->shared_from_this()](error_code ec, std::size_t) { self->on_body(ec); });
  }

  void on_body(error_code ec) {
    if (ec && ec != http::error::need_buffer) {
      if (broken_message(ec)) refuse_malformed(400, "MALFORMED");
      return;
    }
    const std::string_view bytes(chunk_.data(), chunk_.size() - parser_->get().body().size);
    received_ += bytes.size();
    if (received_ > body_limit_) return send(too_large());
    if (request_.upload) {
      request_.upload->feed(bytes);
    } else {
      request_.body.append(bytes);
    }
    if (parser_->is_done()) return dispatch();
    read_body();
  }

  void dispatch() {
    chunk_ = std::string();
    tcp().expires_never();
    const Method method = request_.method;
    const Endpoint endpoint = request_.endpoint;
    context_->service.handle(
        std::move(request_), Responder([self = this->shared_from_this(), method, endpoint](Response response) mutable {
          self->context_->counters.answered(method, endpoint, response.status);
          auto executor = self->stream_.get_executor();
          // This may be the last reference, and a connection must be destroyed on its own loop.
          asio::dispatch(executor, [self = std::move(self), response = std::move(response)]() mutable {
            self->write(std::move(response), true);
          });
        }));
  }

  // Responds before the body was read: sends the response at once, then closes the connection.
  void send(Response response) {
    context_->counters.answered(request_.method, request_.endpoint, response.status);
    const bool complete = parser_->is_done();
    write(std::move(response), complete);
  }

  void refuse_malformed(int status, std::string_view code) {
    ++context_->counters.malformed;
    Response response;
    response.status = status;
    response.body = fmt::format(R"({{"error":"{}"}})", code);
    request_.method = Method::other;
    write(std::move(response), false);
  }

  static Response too_large() {
    Response response;
    response.status = 413;
    response.body = R"({"rule":"size","error":"BODY_TOO_LARGE","message":"Ukuran kiriman melebihi batas"})";
    return response;
  }

  void write(Response response, bool complete) {
    busy_ = true;
    response_ = std::move(response);
    keep_alive_ = complete && parser_->keep_alive() && !context_->draining.load(std::memory_order_relaxed);
    body_unread_ = !complete;
    const std::string_view content = response_.content();
    head_.clear();
    fmt::format_to(std::back_inserter(head_), "HTTP/1.1 {} {}\r\nServer: gelombang-sandbox\r\nDate: {}\r\n",
                   response_.status, reason_phrase(response_.status), current_date());
    if (response_.status != 204) {
      fmt::format_to(std::back_inserter(head_), "Content-Type: {}\r\nContent-Length: {}\r\n", response_.content_type,
                     content.size());
    }
    head_.append(response_.headers);
    head_.append(keep_alive_ ? "\r\n" : "Connection: close\r\n\r\n");
    std::array<asio::const_buffer, 2> buffers;
    const bool has_body = request_method_ok() && response_.status != 204;
    if (has_body && content.size() <= kSmallBody) {
      head_.append(content);
    } else if (has_body) {
      buffers[1] = asio::buffer(content.data(), content.size());
    }
    buffers[0] = asio::buffer(head_);
    tcp().expires_after(context_->limits.write_time);
    asio::async_write(stream_, buffers,
                      [self = this->shared_from_this()](error_code ec, std::size_t) { self->on_written(ec); });
  }

  // A HEAD request gets only the header of its GET response.
  [[nodiscard]] bool request_method_ok() const { return parser_->get().method() != http::verb::head; }

  void on_written(error_code ec) {
    busy_ = false;
    response_ = Response{};
    ++served_;
    if (ec) {
      ++context_->counters.undelivered;
      return;
    }
    if (keep_alive_ && !context_->draining) return read_header();
    if (body_unread_) return linger();
    close();
  }

  // Closing with unread bytes would send a reset, which can destroy the response on its way. So stop sending, read
  // incoming data for a while, then close.
  void linger() {
    error_code ignored;
    tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    tcp().expires_after(context_->limits.linger_time);
    chunk_.resize(kBodyChunk);
    received_ = 0;
    linger_more();
  }

  void linger_more() {
    tcp().async_read_some(asio::buffer(chunk_), [self = this->shared_from_this()](error_code ec, std::size_t n) {
      self->received_ += n;
      if (!ec && self->received_ < self->context_->limits.linger_bytes) self->linger_more();
    });
  }

  void close() {
    if constexpr (kTls) {
      tcp().expires_after(std::chrono::seconds(2));
      stream_.async_shutdown([self = this->shared_from_this()](error_code) {});
    } else {
      error_code ignored;
      tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }
  }

  Stream stream_;
  std::shared_ptr<ConnectionContext> context_;
  asio::ip::address peer_;
  beast::flat_buffer buffer_{kMaxBuffered};
  std::optional<http::request_parser<http::buffer_body>> parser_;
  std::string chunk_;  // receives body bytes, only while a body is read
  std::chrono::steady_clock::time_point body_deadline_;
  std::uint64_t body_limit_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t served_ = 0;
  Request request_;
  Response response_;
  std::string head_;
  bool busy_ = false;
  bool keep_alive_ = false;
  bool body_unread_ = false;
};

}  // namespace

std::shared_ptr<ConnectionBase> make_connection(asio::ip::tcp::socket socket, asio::ssl::context* tls,
                                                std::shared_ptr<ConnectionContext> context) {
  if (tls != nullptr) return std::make_shared<Connection<TlsStream>>(std::move(socket), tls, std::move(context));
  return std::make_shared<Connection<PlainStream>>(std::move(socket), tls, std::move(context));
}

}  // namespace gelombang::sandbox
