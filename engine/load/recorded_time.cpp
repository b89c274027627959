#include "engine/load/recorded_time.hpp"

#include <array>
#include <cstdint>

namespace gelombang {
namespace {

// Reads a text from its front. After the first mismatch, everything else fails.
class Cursor {
 public:
  explicit Cursor(std::string_view text) noexcept : text_(text) {}
  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool at_end() const noexcept { return good_ && text_.empty(); }
  [[nodiscard]] bool looks_at(char c) const noexcept { return !text_.empty() && text_.front() == c; }

  bool take(char c) noexcept {
    if (!looks_at(c)) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) noexcept { good_ = take(c) && good_; }
  void refuse() noexcept { good_ = false; }
  // Exactly `count` digits.
  int digits(std::size_t count) noexcept {
    int value = 0;
    if (text_.size() < count) good_ = false;
    for (std::size_t i = 0; good_ && i < count; ++i) {
      const char c = text_[i];
      if (c < '0' || c > '9') good_ = false;
      value = value * 10 + (c - '0');
    }
    if (good_) text_.remove_prefix(count);
    return good_ ? value : 0;
  }
  // One to `most` digits.
  std::int64_t number(int most) noexcept {
    std::int64_t value = 0;
    int count = 0;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      if (++count > most) break;
      value = value * 10 + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    if (count == 0 || count > most) good_ = false;
    return value;
  }
  // Digits after a point, as nanoseconds. Further digits are dropped.
  std::int64_t fraction() noexcept {
    std::int64_t value = 0;
    std::int64_t unit = 100'000'000;
    bool any = false;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      value += unit * (text_.front() - '0');
      unit /= 10;
      any = true;
      text_.remove_prefix(1);
    }
    if (!any) good_ = false;
    return value;
  }
  std::string_view letters(std::size_t count) noexcept {
    if (text_.size() < count) good_ = false;
    if (!good_) return {};
    const std::string_view word = text_.substr(0, count);
    text_.remove_prefix(count);
    return word;
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

struct Civil {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  std::int64_t nanoseconds = 0;
  int offset_minutes = 0;
};

std::optional<Duration> since_1970(const Civil& civil) noexcept {
  using namespace std::chrono;
  const year_month_day date{year(civil.year), month(static_cast<unsigned>(civil.month)),
                            day(static_cast<unsigned>(civil.day))};
  // A Duration holds the years 1678 to 2262. Second 60 is a leap second.
  if (!date.ok() || civil.year < 1900 || civil.year > 2200 || civil.hour > 23 || civil.minute > 59 || civil.second > 60)
    return std::nullopt;
  return sys_days(date).time_since_epoch() + hours(civil.hour) + minutes(civil.minute - civil.offset_minutes) +
         seconds(civil.second) + nanoseconds(civil.nanoseconds);
}

// "+0700", "+07:00"; at most 14 hours: half a day, and two hours for zones at the date line.
int zone(Cursor& cursor) noexcept {
  const bool west = cursor.take('-');
  if (!west) cursor.expect('+');
  const int hours = cursor.digits(2);
  cursor.take(':');
  const int minutes = cursor.digits(2);
  if (hours > 14 || minutes > 59) cursor.refuse();
  return (west ? -1 : 1) * (hours * 60 + minutes);
}

}  // namespace

std::optional<Duration> parse_recorded_time(std::string_view text) noexcept {
  Cursor plain(text);
  const std::int64_t whole = plain.number(10);
  const std::int64_t part = plain.good() && plain.take('.') ? plain.fraction() : 0;
  if (plain.at_end() && whole < 9'000'000'000) return std::chrono::seconds(whole) + Duration(part);

  Cursor cursor(text);
  Civil civil;
  civil.year = cursor.digits(4);
  cursor.expect('-');
  civil.month = cursor.digits(2);
  cursor.expect('-');
  civil.day = cursor.digits(2);
  if (!cursor.take('T') && !cursor.take('t')) cursor.expect(' ');
  civil.hour = cursor.digits(2);
  cursor.expect(':');
  civil.minute = cursor.digits(2);
  cursor.expect(':');
  civil.second = cursor.digits(2);
  if (cursor.take('.')) civil.nanoseconds = cursor.fraction();
  if (!cursor.at_end() && !cursor.take('Z') && !cursor.take('z')) civil.offset_minutes = zone(cursor);
  if (!cursor.at_end()) return std::nullopt;
  return since_1970(civil);
}

std::optional<Duration> parse_log_time(std::string_view text) noexcept {
  static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Cursor cursor(text);
  Civil civil;
  civil.day = cursor.digits(2);
  cursor.expect('/');
  const std::string_view month = cursor.letters(3);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (kMonths[i] == month) civil.month = static_cast<int>(i) + 1;
  }
  cursor.expect('/');
  civil.year = cursor.digits(4);
  cursor.expect(':');
  civil.hour = cursor.digits(2);
  cursor.expect(':');
  civil.minute = cursor.digits(2);
  cursor.expect(':');
  civil.second = cursor.digits(2);
  cursor.expect(' ');
  civil.offset_minutes = zone(cursor);
  if (!cursor.at_end()) return std::nullopt;
  return since_1970(civil);
}

}  // namespace gelombang
