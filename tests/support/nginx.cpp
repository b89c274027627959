#include "tests/support/nginx.hpp"

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace gelombang::test {
namespace {

using namespace std::chrono_literals;

std::string configuration(const std::string& directory, const CertificateAuthority::Leaf& leaf, std::uint16_t plain,
                          std::uint16_t tls, std::uint16_t tls_http1, const std::string& locations) {
  std::ostringstream text;
  text << "daemon off;\nmaster_process off;\npid " << directory << "/pid;\nerror_log " << directory
       << "/error.log info;\nworker_rlimit_nofile 8192;\nevents { worker_connections 4096; }\nhttp {\n"
       << "  log_format test '$connection|$ssl_session_reused|$http_cookie|$http_traceparent|$request|$status|"
          "$http_authorization';\n"
       << "  access_log " << directory << "/access.log test;\n  client_body_temp_path " << directory
       << "/body;\n  proxy_temp_path " << directory << "/proxy;\n  fastcgi_temp_path " << directory
       << "/fastcgi;\n  uwsgi_temp_path " << directory << "/uwsgi;\n  scgi_temp_path " << directory
       << "/scgi;\n  default_type text/plain;\n  keepalive_requests 100000;\n  server {\n    listen 127.0.0.1:" << plain
       << " backlog=4096;\n    listen 127.0.0.1:" << tls
       << " ssl http2 backlog=4096;\n    listen 127.0.0.1:" << tls_http1 << " ssl backlog=4096;\n    ssl_certificate "
       << leaf.certificate << ";\n    ssl_certificate_key " << leaf.key << ";\n    ssl_session_cache shared:test:1m;\n"
       << locations << "\n  }\n}\n";
  return text.str();
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

std::string local_url(const char* scheme, std::uint16_t port, const std::string& path) {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + path;
}

}  // namespace

Nginx::Nginx(const std::string& locations)
    : authority_(directory_.path()), plain_(free_port()), tls_(free_port()), tls_http1_(free_port()) {
  const CertificateAuthority::Leaf leaf = authority_.issue("server");
  const std::string file = directory_.file("nginx.conf");
  std::string filled = replaced(locations, "@DIRECTORY@", directory_.path());
  filled = replaced(std::move(filled), "@PLAIN_PORT@", std::to_string(plain_));
  write_file(file, configuration(directory_.path(), leaf, plain_, tls_, tls_http1_, filled));
  process_ = std::make_unique<ChildProcess>(std::vector<std::string>{
      "/usr/sbin/nginx", "-e", directory_.file("error.log"), "-p", directory_.path(), "-c", file});
  try {
    for (const std::uint16_t port : {plain_, tls_, tls_http1_}) wait_for_port(port);
  } catch (const std::exception& error) {
    throw std::runtime_error(std::string(error.what()) + "; nginx says: " + process_->standard_error() +
                             read_file(directory_.file("error.log")));
  }
}

std::vector<Nginx::Request> Nginx::requests(std::size_t at_least) {
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  for (;;) {
    std::vector<Request> seen;
    std::istringstream log(read_file(directory_.file("access.log")));
    for (std::string line; std::getline(log, line);) {
      std::istringstream fields(line);
      Request request;
      std::string reused;
      std::string status;
      std::getline(fields, request.connection, '|');
      std::getline(fields, reused, '|');
      std::getline(fields, request.cookie, '|');
      std::getline(fields, request.traceparent, '|');
      std::getline(fields, request.line, '|');
      std::getline(fields, status, '|');
      std::getline(fields, request.authorization, '|');
      request.resumed = reused == "r";
      request.status = std::atoi(status.c_str());
      seen.push_back(request);
    }
    if (seen.size() >= at_least) return seen;
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error("nginx logged " + std::to_string(seen.size()) + " requests");
    }
    std::this_thread::sleep_for(5ms);
  }
}

std::string Nginx::plain_url(const std::string& path) const { return local_url("http", plain_, path); }
std::string Nginx::tls_url(const std::string& path) const { return local_url("https", tls_, path); }
std::string Nginx::tls_http1_url(const std::string& path) const { return local_url("https", tls_http1_, path); }

}  // namespace gelombang::test
