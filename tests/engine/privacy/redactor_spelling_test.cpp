// One value in the spellings of pages, forms, JSON, URLs and mails.
#include "engine/privacy/redactor.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/child_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace gelombang;

namespace {

using Spell = std::function<std::string(const std::string&)>;

bool plain(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }
unsigned code(char c) { return static_cast<unsigned char>(c); }

// Replaces each character that is neither letter nor digit by `spell` of it.
Spell each(std::function<std::string(char)> spell) {
  return [spell = std::move(spell)](const std::string& text) {
    std::string result;
    for (const char c : text) result += plain(c) ? std::string(1, c) : spell(c);
    return result;
  };
}
Spell every(const char* format) {
  return [format](const std::string& text) {
    std::string result;
    for (const char c : text) result += fmt::format(fmt::runtime(format), code(c));
    return result;
  };
}
Spell after(Spell first, Spell second) {
  return
      [first = std::move(first), second = std::move(second)](const std::string& text) { return second(first(text)); };
}

std::string html(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {c};
  }
}
std::string json(char c) {
  switch (c) {
    case '"': return "\\\"";
    case '\\': return "\\\\";
    case '/': return "\\/";
    default: return {c};
  }
}
std::string form(char c) { return c == ' ' ? "+" : fmt::format("%{:02X}", code(c)); }
std::string quoted_printable(char c) { return c == ' ' ? " " : fmt::format("={:02X}", code(c)); }

std::string base64(const std::string& text, const char* last_two) {
  const std::string digits = std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") + last_two;
  std::string result;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    bits = bits << 8U | code(c);
    for (count += 8; count >= 6; count -= 6) result += digits[bits >> static_cast<unsigned>(count - 6) & 63U];
  }
  if (count > 0) result += digits[bits << static_cast<unsigned>(6 - count) & 63U];
  return result;
}

struct Spelling {
  const char* name;
  Spell spell;
};

std::vector<Spelling> spellings() {
  const Spell percent = each([](char c) { return fmt::format("%{:02X}", code(c)); });
  const Spell page = each(html);
  const Spell script = each(json);
  return {
      {"as it is", [](const std::string& text) { return text; }},
      {"upper case",
       [](std::string text) {
         for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
         return text;
       }},
      {"page", page},
      {"page, decimal", every("&#{};")},
      {"page, decimal, zeros", every("&#{:05};")},
      {"page, hexadecimal", every("&#x{:x};")},
      {"page, upper hexadecimal", every("&#X{:X};")},
      {"page, no-break", each([](char c) { return c == ' ' ? "&nbsp;" : html(c); })},
      {"page, raw no-break", each([](char c) { return c == ' ' ? "\xc2\xa0" : html(c); })},
      {"page, every name", each([](char c) {
         static constexpr std::string_view kCharacters = "&<>\"'/+ \\%=@";
         static constexpr std::array<const char*, 12> kNames{"amp",  "lt",   "gt",   "quot",   "apos",   "sol",
                                                             "plus", "nbsp", "bsol", "percnt", "equals", "commat"};
         const std::size_t at = kCharacters.find(c);
         return at == std::string_view::npos ? std::string(1, c) : fmt::format("&{};", kNames[at]);
       })},
      {"JSON", script},
      {"JSON, \\u", every("\\u{:04x}")},
      {"JSON, \\U", every("\\u{:04X}")},
      {"JavaScript, \\x", every("\\x{:02x}")},
      {"JavaScript, \\u{}", every("\\u{{{:x}}}")},
      {"percent", percent},
      {"percent, lower", each([](char c) { return fmt::format("%{:02x}", code(c)); })},
      {"percent, all", every("%{:02X}")},
      {"percent, %u", every("%u{:04X}")},
      {"form", each(form)},
      {"quoted-printable", each(quoted_printable)},
      {"quoted-printable, lines",
       [](const std::string& text) { return text.substr(0, 3) + "=\r\n" + each(quoted_printable)(text.substr(3)); }},
      {"base64", [](const std::string& text) { return base64(text, "+/"); }},
      {"base64, of a URL", [](const std::string& text) { return base64(text, "-_"); }},
      {"base64, in lines",
       [](const std::string& text) {
         std::string all = base64(text, "+/");
         return all.insert(8, "\r\n");
       }},
      {"percent twice", after(percent, percent)},
      {"JSON in a page", after(script, page)},
      {"page in JSON", after(page, every("\\u{:04x}"))},
      {"form in JSON in a page", after(after(each(form), script), page)},
      {"page four times", after(after(page, page), after(page, page))}};
}

const std::vector<std::string> kValues{
    "pa&ss\"word<1>", "UJI BEBAN 000123", "s%3Aabc+def/ghi=", "it's \\n no \\u0041", "k7Q2zm9x", "a=41b%2541&lt;c"};

}  // namespace

TEST_CASE("redactor: a value is found in every spelling", "[unit]") {
  for (const std::string& value : kValues) {
    Redactor redactor;
    redactor.add(value);
    for (const auto& [name, spell] : spellings()) {
      const std::string text = spell(value);
      INFO(name << ": " << text);
      CHECK(redactor.redact("before \"" + text + "\" after") == "before \"[redacted]\" after");
    }
  }
}

TEST_CASE("redactor: a value beyond ASCII is found in every spelling", "[unit]") {
  Redactor redactor;
  redactor.add("Rp 5 \xc3\xa9t\xc3\xa9 \xf0\x9f\x98\x80");
  for (const char* text : {"Rp 5 \xc3\xa9t\xc3\xa9 \xf0\x9f\x98\x80", "Rp 5 &eacute;t&eacute; &#128512;",
                           "Rp 5 \\u00e9t\\u00E9 \\uD83D\\uDE00", "Rp+5+%C3%A9t%c3%a9+%F0%9F%98%80",
                           "Rp 5 =C3=A9t=C3=A9 =F0=9F=98=80", "Rp 5 \\u{e9}t&#xe9; \\u{1f600}"}) {
    INFO(text);
    CHECK(redactor.redact("<" + std::string(text) + ">") == "<[redacted]>");
  }
  Redactor old;
  old.add("caf\xc3\xa9 noir");
  CHECK(old.redact("(caf\xe9 noir)") == "([redacted])");
  CHECK(old.redact("(caf%E9+noir)") == "([redacted])");
}

TEST_CASE("redactor: addresses and identity numbers go in every spelling, too", "[unit]") {
  const Redactor redactor;
  for (const auto& [name, spell] : spellings()) {
    if (std::string_view(name).substr(0, 6) == "base64") continue;  // base64 is searched only for known values
    INFO(name);
    CHECK(redactor.redact("to <" + spell("uji.beban.12@peserta.test") + ">") == "to <[redacted]>");
    CHECK(redactor.redact("nik " + spell("3201011234567890") + ".") == "nik [redacted].");
  }
}

TEST_CASE("redactor: where a text was cut within a value, the beginning of it goes as well", "[unit]") {
  for (const std::string& value : kValues) {
    Redactor redactor;
    redactor.add(value);
    for (const auto& [name, spell] : spellings()) {
      const std::string text = spell(value);
      // Cut by the limit: the examined text ends within the value.
      for (std::size_t shown = 1; shown < std::min<std::size_t>(text.size(), 300); ++shown) {
        const std::string kept = redactor.redact(std::string(400 - shown, '|') + text + std::string(500, '|'), 100);
        INFO(name << ": " << kept);
        CHECK(kept == std::string(100, '|'));
        // The removal of values brings the end of the text into view.
        std::string many;
        while (many.size() + text.size() + 1 < 400 - shown) many += text + "|";
        many += std::string(400 - shown - many.size(), '|');
        const std::string rest = redactor.redact(many + text + std::string(500, '|'), 100);
        for (std::size_t at = 0; at < rest.size(); ++at) {
          if (rest[at] == '|') continue;
          INFO(rest);
          const std::string_view word = std::string_view(rest).substr(at, 10);
          REQUIRE(std::string_view("[redacted]").substr(0, word.size()) == word);
          at += word.size() - 1;
        }
      }
    }
    // Cut by somebody else: four characters or more can be recognised.
    CHECK(redactor.redact("it says " + value.substr(0, value.size() - 1)) == "it says [redacted]");
    CHECK(redactor.redact("it says " + value.substr(0, 4)) == "it says [redacted]");
  }
}

TEST_CASE("redactor: a value is found in words of base64 that begin with something else", "[unit]") {
  Redactor redactor;
  redactor.add("pa&ss\"word<1>");
  for (const char* user : {"", "u", "us", "use", "user:"}) {
    const std::string word = base64(user + std::string("pa&ss\"word<1>"), "+/");
    for (const char* before : {"Basic ", "/", "ab/", "abc"}) {
      const std::string shown = redactor.redact(before + word);
      INFO(before << word << ": " << shown);
      CHECK(shown.find("[redacted]") < std::string(before).size() + 8);
      CHECK(shown.substr(shown.size() - 10) == "[redacted]");
    }
  }
}

TEST_CASE("redactor: what is no spelling of a value stays as it is", "[unit]") {
  Redactor redactor;
  redactor.add("pa&ss\"word<1>");
  redactor.add("rahasia-000123");
  for (const char* text :
       {"<p>R&amp;B &lt;b&gt; 100% \\d+ a=b &copy; 2026 &unknown; %zz \\u12 &#; &#x; =3 \\", "C:\\temp\\new", "%", "&",
        "=", "\\", "caf\xc3\xa9 \xc2", "https://portal.test/a%20b?x=1&y=%41", "aGVsbG8gd29ybGQgaGVsbG8=", ""}) {
    CHECK(redactor.redact(text) == text);
  }
}

TEST_CASE("redactor: what lies beyond Latin-1, blanks around a value and its line breaks hide nothing", "[unit]") {
  Redactor redactor;
  redactor.add(
      "geheim\xe2\x82\xac"
      "1234");
  redactor.add("\xe2\x80\x9cLieb\xe2\x80\x9d");
  redactor.add("  secretpass ");
  redactor.add("-----BEGIN KEY-----\nMIIabc\n-----END KEY-----");
  for (const char* text : {"geheim&euro;1234", "geheim&#8364;1234", "geheim&#128;1234", "geheim%801234",
                           "geheim\x80"
                           "1234",
                           "geheim%E2%82%AC1234", "&ldquo;Lieb&rdquo;", "&#147;Lieb&#148;", "%93Lieb%94", "secretpass",
                           "secretpass+", "-----BEGIN KEY-----\r\nMIIabc\r\n-----END KEY-----",
                           "-----BEGIN+KEY-----%0D%0AMIIabc%0D%0A-----END+KEY-----"}) {
    INFO(text);
    const std::string shown = redactor.redact(std::string("[") + text + "]");
    for (const char* part : {"geheim", "Lieb", "secretpass", "MIIabc"}) CHECK(shown.find(part) == std::string::npos);
  }
  redactor.add("Jos\xc3\xa9phine \xc5\x9e");
  redactor.add("ab\"cd'ef1");
  for (const char* text : {"JOS\xc3\x89PHINE \xc5\x9f", "JOS&Eacute;PHINE+\xc5\x9e", "ab\"\"cd'ef1", "ab\"cd''ef1"}) {
    CHECK(redactor.redact(text) == "[redacted]");
  }
  for (const char* address : {"j\xc3\xb6rg@peserta.test", "o'brien@peserta.test"}) {
    CHECK(redactor.redact(std::string("to ") + address + ".") == "to [redacted]");
  }
}

TEST_CASE("redactor: a value that overlaps itself is one gap", "[unit]") {
  Redactor redactor;
  redactor.add("aaaa");
  redactor.add("baba");
  CHECK(redactor.redact("x" + std::string(1000, 'a') + "y aaaa babababa.") == "x[redacted]y [redacted] [redacted].");
}

TEST_CASE("redactor: the work is in proportion to text and values, whatever both are", "[unit]") {
  // An error page of a target that sets as many cookies as it may. All cookies begin like the rest of the page.
  const auto work_of = [](std::size_t cookies, std::size_t length, const std::string& piece, std::size_t limit) {
    Redactor redactor;
    for (std::size_t i = 0; i < cookies; ++i) {
      std::string cookie;
      while (cookie.size() < length) cookie += piece;
      redactor.add(cookie + std::to_string(i));
    }
    std::string body;
    while (body.size() < 8 * limit) body += piece;
    (void)redactor.redact(body, limit);
    return redactor.work();
  };
  for (const char* piece : {"!a", "!", "a", "aaab", "&amp;", "%25", "\\u0041", "=3D", "\\\\", "&", "%"}) {
    INFO(piece);
    // Up to 6 readings of each value in 16 readings of the text, and each byte is examined twice.
    for (const std::size_t limit : {1024U, 4096U, 16384U}) {
      CHECK(work_of(32, 4096, piece, limit) <= 32 * 6 * 16 * 2 * (4 * limit));
    }
  }
  CHECK(work_of(32, 4096, "!a", 4096) < 32 * 3 * (4 * 4096));
  // Text that begins no value is skipped.
  Redactor redactor;
  redactor.add("rahasia-000123");
  (void)redactor.redact(std::string(16'000, '.'));
  CHECK(redactor.work() == 0);
}

TEST_CASE("redactor: the seeds of its fuzz target are bounded, and do not tell their value", "[unit]") {
  std::size_t seeds = 0;
  for (const auto& entry : std::filesystem::directory_iterator(GELOMBANG_SOURCE_DIR "/tests/fuzz_corpus/redactor")) {
    INFO(entry.path().string());
    const std::string bytes = test::read_file(entry.path().string());
    const std::string value = bytes.substr(0, bytes.find('\n'));
    Redactor redactor;
    redactor.add(value);
    const std::string text = bytes.substr(std::min(bytes.size(), value.size() + 1));
    const std::string shown = redactor.redact(text, 64);
    CHECK(shown.size() <= 64);
    if (value.size() >= Redactor::kShortest) CHECK(shown.find(value) == std::string::npos);
    ++seeds;
  }
  CHECK(seeds >= 8);
}
