// A terminal with a shell in tmux: it shows what a person would see.
#pragma once

#include "tests/support/child_process.hpp"

#include <string>
#include <vector>

namespace gelombang::test {

class Tmux {
 public:
  Tmux(int columns, int rows);
  ~Tmux();
  Tmux(const Tmux&) = delete;
  Tmux& operator=(const Tmux&) = delete;

  void press(const std::string& keys) const;
  void enter(const std::string& line) const;  // types the line and presses Enter
  void resize(int columns, int rows) const;
  // The text on the screen now, without blanks at the ends of rows.
  [[nodiscard]] std::string screen() const;
  // Waits until `text` is on the screen, for ten seconds at most.
  void await(const std::string& text) const;

 private:
  [[nodiscard]] std::string run(std::vector<std::string> arguments) const;

  TemporaryDirectory directory_;
};

}  // namespace gelombang::test
