#include "engine/lua/exact_concatenation.hpp"

#include "base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <string>
#include <vector>

namespace gelombang {
namespace {

enum class Kind { end, name, keyword, number, string, concat, open, close, part, unary, arithmetic, separator };

struct Token {
  Kind kind = Kind::end;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// As in LuaJIT: names may have bytes beyond ASCII.
bool is_name_letter(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {
    if (source_.substr(0, 3) == "\xef\xbb\xbf") at_ = 3;
    if (peek() == '#') skip_line();
  }

  Token next() {
    skip_blanks();
    Token token{Kind::end, at_, at_};
    if (at_ < source_.size()) token.kind = take();
    token.end = at_;
    return token;
  }

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }
  void skip_line() {
    while (at_ < source_.size() && peek() != '\n' && peek() != '\r') ++at_;
  }

  void skip_blanks() {
    while (at_ < source_.size()) {
      if (std::isspace(static_cast<unsigned char>(peek())) != 0) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ += 2;
        if (!skip_long()) skip_line();
      } else {
        return;
      }
    }
  }

  // [[...]], [==[...]==]; false if there is none.
  bool skip_long() {
    if (peek() != '[') return false;
    std::size_t level = 1;
    while (peek(level) == '=') ++level;
    if (peek(level) != '[') return false;
    const std::string closing = "]" + std::string(level - 1, '=') + "]";
    const std::size_t found = source_.find(closing, at_ + level + 1);
    at_ = found == std::string_view::npos ? source_.size() : found + closing.size();
    return true;
  }

  void skip_string(char quote) {
    for (++at_; at_ < source_.size() && peek() != quote; ++at_) {
      if (peek() == '\\') ++at_;
    }
    at_ = std::min(at_ + 1, source_.size());
  }

  void skip_number() {
    const bool hexadecimal = peek() == '0' && (peek(1) == 'x' || peek(1) == 'X');
    char before = '\0';
    while (is_name_letter(peek()) || peek() == '.' ||
           ((peek() == '-' || peek() == '+') && (hexadecimal ? before == 'p' : before == 'e'))) {
      before = static_cast<char>(std::tolower(static_cast<unsigned char>(peek())));
      ++at_;
    }
  }

  Kind take_word() {
    static constexpr std::array<std::string_view, 17> kKeywords{"and",    "break",    "do",   "else",  "elseif", "end",
                                                                "for",    "function", "if",   "in",    "local",  "or",
                                                                "repeat", "return",   "then", "until", "while"};
    const std::size_t begin = at_;
    while (is_name_letter(peek())) ++at_;
    const std::string_view word = source_.substr(begin, at_ - begin);
    if (word == "not") return Kind::unary;
    return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end() ? Kind::keyword : Kind::name;
  }

  Kind take() {
    const char c = peek();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) {
      skip_number();
      return Kind::number;
    }
    if (is_name_letter(c)) return take_word();
    if (c == '"' || c == '\'') {
      skip_string(c);
      return Kind::string;
    }
    if (c == '[' && skip_long()) return Kind::string;
    const auto several = [this](std::string_view text) {
      if (source_.substr(at_, text.size()) != text) return false;
      at_ += text.size();
      return true;
    };
    if (several("...")) return Kind::name;
    if (several("..")) return Kind::concat;
    if (several("::") || several("==") || several("~=") || several("<=") || several(">=")) return Kind::separator;
    ++at_;
    switch (c) {
      case '(':
      case '[':
      case '{': return Kind::open;
      case ')':
      case ']':
      case '}': return Kind::close;
      case '.':
      case ':': return Kind::part;
      case '#': return Kind::unary;
      case '+':
      case '-':
      case '*':
      case '/':
      case '%':
      case '^': return Kind::arithmetic;
      default: return Kind::separator;
    }
  }

  std::string_view source_;
  std::size_t at_ = 0;
};

// The state inside a pair of brackets, or outside of all: where the current operand begins, and whether it follows a
// `..`.
struct Level {
  std::size_t begin = 0;  // of the operand, as an index of a token
  bool chained = false;
};

class Rewriter {
 public:
  explicit Rewriter(std::string_view source) : source_(source) {}

  std::string rewrite() {
    Lexer lexer(source_);
    levels_.push_back({});
    do {
      tokens_.push_back(lexer.next());
      add(tokens_.size() - 1);
    } while (tokens_.back().kind != Kind::end);
    return text();
  }

 private:
  // Whether the previous token can be the last of an operand.
  [[nodiscard]] bool after_operand(std::size_t at) const {
    if (at == levels_.back().begin) return false;
    const Kind before = tokens_[at - 1].kind;
    return before == Kind::name || before == Kind::number || before == Kind::string || before == Kind::close;
  }

  void add(std::size_t at) {
    switch (tokens_[at].kind) {
      case Kind::open: levels_.push_back({at + 1, false}); break;
      case Kind::close:
        end_operand(at, false);
        // The first level stays: Lua itself reports a bracket too many.
        if (levels_.size() > 1) levels_.pop_back();
        break;
      case Kind::concat: end_operand(at, true); break;
      case Kind::keyword:
      case Kind::separator:
      case Kind::end: end_operand(at, false); break;
      case Kind::name:
      case Kind::number:
      case Kind::unary:
        // Two operands side by side: a new statement begins.
        if (after_operand(at)) {
          end_operand(at, false);
          levels_.back().begin = at;
        }
        break;
      case Kind::string:
      case Kind::part:
      case Kind::arithmetic: break;
    }
  }

  void end_operand(std::size_t at, bool by_concat) {
    Level& level = levels_.back();
    if ((by_concat || level.chained) && level.begin < at) wrap(level.begin, at - 1);
    level = {at + 1, by_concat};
  }

  void wrap(std::size_t first, std::size_t last) {
    if (first == last && tokens_[first].kind == Kind::string) return;
    const std::string name = named(first, last);
    // `return(a) .. b` has no blank between keyword and bracket, so one is added.
    const std::size_t begin = tokens_[first].begin;
    const std::string_view blank = begin > 0 && is_name_letter(source_[begin - 1]) ? " " : "";
    // If an operand has several values, the first is concatenated.
    insertions_.push_back({begin, std::string(blank) + std::string(kExactFunction) + (name.empty() ? "((" : "(")});
    insertions_.push_back({tokens_[last].end, name.empty() ? "))" : ",\"" + name + "\")"});
  }

  // The operand's text if it is only a name, such as "person.email"; otherwise empty.
  [[nodiscard]] std::string named(std::size_t first, std::size_t last) const {
    for (std::size_t i = first; i <= last; ++i) {
      const bool dot = tokens_[i].kind == Kind::part && source_[tokens_[i].begin] == '.';
      if (tokens_[i].kind != Kind::name && !dot) return "";
    }
    const std::string_view name = source_.substr(tokens_[first].begin, tokens_[last].end - tokens_[first].begin);
    const bool plain = name.size() <= 60 && name != "..." &&
                       std::all_of(name.begin(), name.end(), [](char c) { return is_name_letter(c) || c == '.'; });
    return plain ? std::string(name) : std::string();
  }

  [[nodiscard]] std::string text() {
    std::stable_sort(insertions_.begin(), insertions_.end(),
                     [](const Insertion& a, const Insertion& b) { return a.at < b.at; });
    std::string out;
    std::size_t copied = 0;
    for (const Insertion& insertion : insertions_) {
      out += source_.substr(copied, insertion.at - copied);
      out += insertion.text;
      copied = insertion.at;
    }
    out += source_.substr(copied);
    return out;
  }

  struct Insertion {
    std::size_t at;
    std::string text;
  };

  std::string_view source_;
  std::vector<Token> tokens_;
  std::vector<Level> levels_;
  std::vector<Insertion> insertions_;
};

}  // namespace

std::string with_exact_concatenation(std::string_view source) { return Rewriter(source).rewrite(); }

}  // namespace gelombang
