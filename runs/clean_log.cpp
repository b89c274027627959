#include "runs/clean_log.hpp"

#include "base/json_writer.hpp"
#include "base/local_time.hpp"
#include "base/log.hpp"
#include "runs/live_block.hpp"

#include <fmt/format.h>
#include <spdlog/pattern_formatter.h>

#include <ctime>
#include <memory>
#include <string>
#include <utility>

namespace gelombang {
namespace {

class PrintableMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/, spdlog::memory_buf_t& out) override {
    const std::string text = printable({message.payload.data(), message.payload.size()});
    out.append(text.data(), text.data() + text.size());
  }
  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PrintableMessage>();
  }
};

}  // namespace

void clean_log() {
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<PrintableMessage>('*').set_pattern(fmt::format("{}{} %^%l%$ %*", block_makes_way(), kLogTime));
  spdlog::default_logger()->set_formatter(std::move(formatter));
}

}  // namespace gelombang
