#include "app/consent_command.hpp"

#include "app/exit.hpp"
#include "base/command_line.hpp"
#include "base/output_document.hpp"
#include "probes/consent/address_class.hpp"
#include "probes/consent/document.hpp"
#include "probes/consent/host.hpp"
#include "probes/consent/key.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <system_error>

namespace gelombang {
namespace {

using Text = Result<std::string>;

ExitReason bad_input(const Error& error) { return {ExitCause::configuration, error.message}; }
ExitReason unwritten(const Error& error) { return {ExitCause::output, error.message}; }

std::string reason() { return std::generic_category().message(errno); }

Text read_bounded(const std::string& path) {
  errno = 0;
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return Error{fmt::format("cannot read {}: {}", path, reason())};
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text(kMaxConsentFile + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return Error{fmt::format("cannot read {}: {}", path, reason())};
  text.resize(static_cast<std::size_t>(in.gcount()));
  return {Text::in_place_value, std::move(text)};
}

Result<std::vector<std::string>> plain_hosts(const std::vector<std::string>& given) {
  std::vector<std::string> hosts;
  for (const std::string& text : given) {
    const auto host = normalise_host(text);
    const bool with_port = text.find(':') != std::string::npos && !parse_address(text);
    if (!host || with_port) {
      return Error{fmt::format(
          "--host '{}' is not a host: expected a name or an address, without port, path or wildcard", text)};
    }
    hosts.push_back(*host);
  }
  return hosts;
}

Result<Consent> consent_of(const ConsentSignOptions& options, WallTime now) {
  auto hosts = plain_hosts(options.hosts);
  if (!hosts) return hosts.error();
  const auto rate = parse_rate(options.max_rate);
  if (!rate) return Error{"--max-rate " + rate.error().message};
  WallTime not_before = std::chrono::floor<std::chrono::seconds>(now);
  if (!options.not_before.empty()) {
    const auto given = parse_utc(options.not_before);
    if (!given) return Error{fmt::format("--not-before '{}' is {}", options.not_before, given.error().message)};
    not_before = *given;
  }
  Consent consent{
      std::move(*hosts), options.paths, *rate, not_before, not_before + std::chrono::hours(24) * options.days,
      options.contact};
  if (const auto valid = validate(consent); !valid) return valid.error();
  return consent;
}

std::string describe(const Consent& consent) {
  return fmt::format(
      "hosts       {}\npaths       {}\nmax rate    {} (the whole plan, retries and redirects included)\n"
      "not before  {}\nexpires     {}\ncontact     {}\n",
      fmt::join(consent.hosts, ", "), fmt::join(consent.paths, ", "), format_rate(consent.max_rate),
      format_utc(consent.not_before), format_utc(consent.expires), consent.contact);
}

int finish(const ConsentOutcome& outcome) {
  if (!outcome) return refuse(outcome.error().cause, outcome.error().text);
  print(*outcome);
  return 0;
}

int finish_verify(const Result<ConsentCheck>& check) {
  if (!check) return refuse(ExitCause::configuration, check.error().message);
  print(check->text);
  if (check->in_force) return 0;
  return refuse(ExitCause::refused, "not in force: " + check->in_force.error().message);
}

void add_new_key(CLI::App& consent, std::function<int()>& chosen) {
  CLI::App* command =
      consent.add_subcommand("new-key", "Make a key pair: the secret key into a file, the public key on stdout.");
  command->footer("Example: gelombang consent new-key --out owner.key > owner.pub");
  auto out = std::make_shared<std::string>();
  command->add_option("--out", *out, "File for the secret key; it must not exist")->required()->type_name("FILE");
  command->callback([out, &chosen] { chosen = [out] { return finish(consent_new_key(*out)); }; });
}

void add_sign(CLI::App& consent, std::function<int()>& chosen) {
  CLI::App* command = consent.add_subcommand("sign", "Write a signed consent file, ready to be published.");
  command->footer(
      "Example: gelombang consent sign --key owner.key --host portal.example.id --path / --max-rate 200/s --days 7 "
      "--contact ops@example.id --out gelombang-consent.json");
  auto o = std::make_shared<ConsentSignOptions>();
  command->add_option("--key", o->key_file, "The owner's secret key")->required()->type_name("FILE");
  command->add_option("--host", o->hosts, "A host that may be tested; repeatable")->required()->type_name("NAME");
  command->add_option("--path", o->paths, "A prefix that may be requested, '/' for all; repeatable")
      ->required()
      ->type_name("PREFIX");
  command->add_option("--max-rate", o->max_rate, "Requests in all, such as 200/s")->required()->type_name("RATE");
  add_number_option(*command, "--days", o->days, "How long it lasts, 1 to 90", 1, 90)->required();
  command->add_option("--not-before", o->not_before, "Beginning in UTC, such as 2026-03-01T05:00:00Z; default: now")
      ->type_name("TIME");
  command->add_option("--contact", o->contact, "Whom to call when something breaks")->required()->type_name("TEXT");
  command->add_option("--out", o->out, "The consent file")->required()->type_name("FILE");
  command->callback([o, &chosen] { chosen = [o] { return finish(consent_sign(*o, SystemClock().wall_now())); }; });
}

void add_verify(CLI::App& consent, std::function<int()>& chosen) {
  CLI::App* command = consent.add_subcommand("verify", "Check a consent file and show what it allows.");
  command->footer(
      "Example: curl -s https://portal.example.id/.well-known/gelombang-consent.json | gelombang consent verify "
      "--consent-key owner.pub -");
  auto key = std::make_shared<std::string>();
  auto file = std::make_shared<std::string>();
  command->add_option("--consent-key", *key, "The owner's public key: a file, or the key itself")
      ->required()
      ->type_name("KEY");
  command->add_option("FILE", *file, "The consent file; - for stdin")->required();
  command->callback([key, file, &chosen] {
    chosen = [key, file] { return finish_verify(consent_verify(*key, *file, SystemClock().wall_now())); };
  });
}

}  // namespace

ConsentOutcome consent_new_key(const std::string& out) {
  const auto key = ConsentSecretKey::generate();
  if (!key) return bad_input(key.error());
  std::error_code ignored;
  const bool there = std::filesystem::exists(std::filesystem::symlink_status(out, ignored));
  if (const auto saved = key->save(out); !saved) return there ? bad_input(saved.error()) : unwritten(saved.error());
  return key->public_key().text() + "\n";
}

ConsentOutcome consent_sign(const ConsentSignOptions& options, WallTime now) {
  const auto consent = consent_of(options, now);
  if (!consent) return bad_input(consent.error());
  const auto key = ConsentSecretKey::load(options.key_file);
  if (!key) return bad_input(key.error());
  const auto file = sign_consent(*consent, *key);
  if (!file) return bad_input(file.error());
  // Opened only now: if signing fails, a published consent stays as it is.
  OutputDocument out(options.out);
  const auto usable = out.usable();
  const bool key_file = out.names(options.key_file);
  if (!usable || key_file) {
    out.leave();
    return bad_input(usable ? Error{"--out is the key file"} : usable.error());
  }
  out.write(*file);
  if (const auto written = out.finish(); !written) return unwritten(written.error());
  if (out.on_stdout()) return std::string();
  return fmt::format("{}Wrote {}. Publish it as {} at every address of each host.\n", describe(*consent), options.out,
                     kConsentPath);
}

Result<ConsentCheck> consent_verify(const std::string& key_argument, const std::string& path, WallTime now) {
  const auto key = ConsentKey::load(key_argument);
  if (!key) return key.error();
  const auto file = read_bounded(path);
  if (!file) return file.error();
  const auto verified = verify_consent(*file, *key);
  if (!verified) return Error{fmt::format("{}: {}", path, verified.error().message)};
  auto in_force = in_time(verified->consent, now);
  return ConsentCheck{fmt::format("{}in force    {}\n", describe(verified->consent),
                                  in_force ? "yes" : "no: " + in_force.error().message),
                      in_force};
}

void add_consent_command(CLI::App& parent, std::function<int()>& command) {
  CLI::App* consent = parent.add_subcommand("consent", "Make, sign and check the consent of a target's owner.");
  consent->footer(
      "Example: gelombang consent verify --help\n\nExit codes: 0 made, or valid; 104 invalid command line or file; 112 "
      "no valid consent; 114 what was made could not be written");
  consent->require_subcommand(1);
  add_new_key(*consent, command);
  add_sign(*consent, command);
  add_verify(*consent, command);
}

}  // namespace gelombang
