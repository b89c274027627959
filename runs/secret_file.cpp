#include "runs/secret_file.hpp"

#include "base/json_writer.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

namespace gelombang {

Result<std::string> read_secret_file(const std::string& path) {
  const auto fail = [&path](std::string_view problem) {
    return Error{fmt::format("{}: {}", printable(path), problem)};
  };
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(std::strerror(errno));
  std::string text(kMostSecret + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return fail(std::strerror(errno));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) return fail("is UTF-16: expected UTF-8");
  if (text.find('\0') != std::string::npos) return fail("has zero bytes in it: expected text");
  if (text.size() > kMostSecret) return fail(fmt::format("is longer than {} bytes", kMostSecret));
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return fail("is empty");
  return {Result<std::string>::in_place_value, std::move(text)};
}

}  // namespace gelombang
