#include "base/log.hpp"

#include "base/local_time.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <memory>
#include <string>

namespace gelombang {

Result<void> init_log(std::string_view level, bool color) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") {
    return Error{"unknown log level '" + std::string(level) + "': expected trace, debug, info, warning, error or off"};
  }
  auto sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>(color ? spdlog::color_mode::automatic
                                                                          : spdlog::color_mode::never);
  auto logger = std::make_shared<spdlog::logger>("gelombang", std::move(sink));
  logger->set_pattern(fmt::format("{} %^%l%$ %v", kLogTime));
  logger->set_level(parsed);
  spdlog::set_default_logger(std::move(logger));
  return {};
}

}  // namespace gelombang
