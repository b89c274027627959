#include "runs/run_history.hpp"

#include "base/log.hpp"
#include "base/version.hpp"
#include "metrics/history/file.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <iterator>

namespace gelombang {
namespace {

std::string sha256_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!file || EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) != 1) return "";
  std::string text;
  for (unsigned i = 0; i < size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

Result<std::unique_ptr<HistoryWriter>> open_default(const RunStart& start) {
  const auto path = default_history_path();
  if (!path) return path.error();
  if (const auto made = make_history_directory(*path); !made) return made.error();
  return HistoryWriter::open(*path, start);
}

}  // namespace

Result<std::unique_ptr<HistoryWriter>> open_run_history(const SessionOptions& session, const PreparedRun& run,
                                                        const std::string& id, const std::string& plan, WallTime now) {
  if (session.no_history) return std::unique_ptr<HistoryWriter>();
  RunStart start;
  start.id = id;
  start.scenario = run.scenario.name;
  start.scenario_path = run.plan.scenario_path;
  start.scenario_sha256 = sha256_of_file(run.plan.scenario_path);
  start.load = run.plan.load.name;
  start.target = run.target ? run.target->text : "";
  start.version = kVersion;
  start.plan = plan;
  start.seed = run.plan.settings.seed;
  start.started_at = now;
  start.layout = run.layout;
  if (!session.history.empty()) {
    auto named = HistoryWriter::open(session.history, start);
    if (!named) return Error{"--history: " + named.error().message};
    return named;
  }
  auto usual = open_default(start);
  if (usual.has_value()) return usual;
  spdlog::warn("this run is not recorded: {}", usual.error().message);
  return std::unique_ptr<HistoryWriter>();
}

}  // namespace gelombang
