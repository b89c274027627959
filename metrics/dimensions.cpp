#include "metrics/dimensions.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cctype>

namespace gelombang {

void DimensionCell::merge(const DimensionCell& other) {
  count += other.count;
  failures += other.failures;
  time.merge(other.time);
}

DimensionCell* Dimensions::cell(Dimension dimension, std::string_view value) {
  if (value.empty()) return nullptr;
  const auto d = static_cast<std::size_t>(dimension);
  std::vector<Value>& values = values_[d];
  std::size_t& last = last_[d];
  if (last < values.size() && values[last].name == value) return &values[last].cell;
  auto found = std::find_if(values.begin(), values.end(), [value](const Value& v) { return v.name == value; });
  if (found == values.end() && values.size() >= kMaximumValues && value != kOther) return cell(dimension, kOther);
  if (found == values.end()) found = values.insert(found, Value{std::string(value), DimensionCell(boundaries_)});
  last = static_cast<std::size_t>(found - values.begin());
  return &found->cell;
}

DimensionCell* Dimensions::cell(const RemoteAddress& remote) {
  const auto known = std::find_if(remotes_.begin(), remotes_.end(), [&](const auto& r) { return r.first == remote; });
  std::vector<Value>& values = values_[static_cast<std::size_t>(Dimension::remote_address)];
  if (known != remotes_.end()) return &values[known->second].cell;
  DimensionCell* const made = cell(Dimension::remote_address, remote_text(remote));
  if (made != nullptr && remotes_.size() < kMaximumValues) {
    remotes_.emplace_back(remote, last_[static_cast<std::size_t>(Dimension::remote_address)]);
  }
  return made;
}

void Dimensions::merge(const Dimensions& other) {
  for (std::size_t d = 0; d < values_.size(); ++d) {
    for (const Value& value : other.values_[d]) cell(static_cast<Dimension>(d), value.name)->merge(value.cell);
  }
}

void Dimensions::clear() {
  for (std::vector<Value>& values : values_) values.clear();
  last_ = {};
  remotes_.clear();
}

std::string_view request_size_name(std::uint64_t bytes) noexcept {
  static constexpr std::array<std::pair<std::uint64_t, std::string_view>, 6> kBuckets{{{1'000, "up to 1 KB"},
                                                                                       {10'000, "up to 10 KB"},
                                                                                       {100'000, "up to 100 KB"},
                                                                                       {1'000'000, "up to 1 MB"},
                                                                                       {2'000'000, "up to 2 MB"},
                                                                                       {10'000'000, "up to 10 MB"}}};
  for (const auto& [most, name] : kBuckets) {
    if (bytes <= most) return name;
  }
  return "over 10 MB";
}

std::string_view attempt_name(unsigned tries) noexcept {
  static constexpr std::array<std::string_view, 6> kFew{"", "1", "2", "3", "4", "5"};
  if (tries < kFew.size()) return kFew[tries];
  return tries <= 10 ? "6-10" : "over 10";
}

std::string remote_text(const RemoteAddress& remote) {
  if (remote == RemoteAddress{}) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), remote.bytes.begin())) {
    inet_ntop(AF_INET, remote.bytes.data() + kMapped.size(), text.data(), text.size());
    return fmt::format("{}:{}", text.data(), remote.port);
  }
  inet_ntop(AF_INET6, remote.bytes.data(), text.data(), text.size());
  return fmt::format("[{}]:{}", text.data(), remote.port);
}

std::string dimension_value(std::string_view text) {
  std::string value(text.substr(0, Dimensions::kLongestValue));
  for (char& c : value) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == ':' || c == '-';
    if (!plain) c = '_';
  }
  return value;
}

}  // namespace gelombang
