// The rate of arrivals over time: piecewise linear, so that every load shape is a list of pieces and
// its integral and the integral's inverse are exact.
#pragma once

#include "base/clock.hpp"
#include "base/units.hpp"

#include <vector>

namespace gelombang {

class Intensity {
 public:
  // Appends a piece that goes in a straight line from `from` to `to`. A piece of no length is a jump.
  void add_piece(Duration length, Rate from, Rate to);

  // The same shape with every rate multiplied.
  [[nodiscard]] Intensity scaled(double factor) const;
  // The same arrivals in the time divided by `factor`.
  [[nodiscard]] Intensity sped_up(double factor) const;
  [[nodiscard]] Duration length() const noexcept { return end_; }
  [[nodiscard]] Rate at(Duration offset) const noexcept;  // 0 outside
  [[nodiscard]] Rate peak() const noexcept;
  // The first moment at which the rate is at its peak.
  [[nodiscard]] Duration peak_at() const noexcept;
  [[nodiscard]] Rate mean() const noexcept;
  // Expected arrivals in [0, offset).
  [[nodiscard]] double integral(Duration offset) const noexcept;
  [[nodiscard]] double total() const noexcept { return total_; }
  // The offset in seconds at which the integral reaches `arrivals`; infinity beyond total().
  [[nodiscard]] double inverse(double arrivals) const noexcept;

  // Calls visit(seconds, from, to) for each piece, rates per second.
  template <class Visit>
  void visit_pieces(Visit visit) const {
    for (const Piece& piece : pieces_) visit(piece.length, piece.from, piece.to);
  }

 private:
  struct Piece {
    double start;   // seconds
    double length;  // seconds, > 0
    double from;    // per second
    double to;
    double before;  // the integral up to start
  };
  // The piece that holds that moment; pieces_ must not be empty.
  [[nodiscard]] const Piece& piece_at(double seconds) const noexcept;
  std::vector<Piece> pieces_;
  Duration end_{};
  double total_ = 0;
};

}  // namespace gelombang
