#include "sandbox/options.hpp"

#include "base/command_line.hpp"
#include "base/result.hpp"
#include "base/units.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <charconv>
#include <iostream>
#include <string_view>

namespace gelombang::sandbox {
namespace {

// "127.0.0.1:8080", "[::1]:8080", "localhost:0".
Result<void> parse_listen(std::string_view text, Options& options) {
  const Error wrong{fmt::format("--listen {}: expected ADDRESS:PORT, such as 127.0.0.1:8080", text)};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return wrong;
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return wrong;
  }
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), options.port);
  if (ec != std::errc() || end != port.data() + port.size() || host.empty()) return wrong;
  options.address = host;
  return {};
}

Result<void> check(const std::string& listen, const std::string& photo_limit, Options& options) {
  if (auto parsed = parse_listen(listen, options); !parsed) return parsed.error();
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return Error{"--tls-cert and --tls-key belong together: give both or none"};
  }
  const auto limit = parse_size(photo_limit);
  if (!limit || *limit == 0 || *limit > 100'000'000) {
    return Error{fmt::format("--photo-limit {}: expected a size from 1 to 100000000 bytes", photo_limit)};
  }
  options.photo_limit = *limit;
  return {};
}

// The options of the command line, and where their values go.
struct SandboxCommand {
  Options options;
  std::string listen = "127.0.0.1:8080";
  std::string photo_limit = "2000000";
  CLI::App app{"A stand-in for the Kartu Prakerja registration portal, to test against.", "gelombang-sandbox"};

  SandboxCommand() {
    app.set_version_flag("--version", "gelombang-sandbox " GELOMBANG_VERSION);
    app.add_option("--listen", listen, "ADDRESS:PORT; port 0 takes a free one")->capture_default_str();
    app.add_option("--tls-cert", options.tls_certificate, "certificate chain, PEM: serves HTTPS");
    app.add_option("--tls-key", options.tls_key, "private key of the certificate, PEM");
    app.add_option("--data", options.data, "directory for the data; default: a temporary one");
    app.add_option("--mail", options.mail, "maildir:DIR or smtp://HOST:PORT; default: a Maildir in the data directory");
    add_number_option(app, "--accounts", options.accounts, "synthetic people who have an account; also opens a wave", 0,
                      10'000'000)
        ->capture_default_str();
    add_number_option(app, "--seed", options.seed, "of the synthetic people", 0, INT64_MAX)->capture_default_str();
    app.add_option("--hash-cost", options.hash_cost, "argon2id work of a login: low, default or high")
        ->check(CLI::IsMember({"low", "default", "high"}))
        ->capture_default_str();
    app.add_option("--photo-limit", photo_limit, "a photo must be smaller than this")->capture_default_str();
    add_number_option(app, "--threads", options.threads,
                      "event loops; hashes and photo checks have threads of their own", 1, 64)
        ->capture_default_str();
    app.footer("Example:\n  gelombang-sandbox --listen 127.0.0.1:8080 --accounts 10000");
  }
};

}  // namespace

void show_options(const std::function<void(const CLI::App&)>& look) { look(SandboxCommand().app); }

ParsedOptions parse_options(int argc, char** argv) {
  SandboxCommand given;
  CLI::App& app = given.app;
  if (const auto empty = option_left_empty(app, argc, argv)) {
    std::cerr << "gelombang-sandbox: " << *empty << ": expected a value, not an empty text\n";
    return {{}, kExitBadInput};
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& e) {
    return {{}, app.exit(e)};
  } catch (const CLI::ParseError& e) {
    std::cerr << "gelombang-sandbox: " << e.what() << '\n';
    return {{}, kExitBadInput};
  }
  if (auto checked = check(given.listen, given.photo_limit, given.options); !checked) {
    std::cerr << "gelombang-sandbox: " << checked.error().message << '\n';
    return {{}, kExitBadInput};
  }
  return {given.options, 0};
}

}  // namespace gelombang::sandbox
