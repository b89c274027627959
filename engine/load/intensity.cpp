#include "engine/load/intensity.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gelombang {

void Intensity::add_piece(Duration length, Rate from, Rate to) {
  if (length <= Duration::zero()) return;
  const double seconds = to_seconds(length);
  pieces_.push_back({to_seconds(end_), seconds, from.per_second(), to.per_second(), total_});
  total_ += seconds * (from.per_second() + to.per_second()) / 2;
  end_ += length;
}

Intensity Intensity::scaled(double factor) const {
  Intensity result = *this;
  result.total_ *= factor;
  for (Piece& piece : result.pieces_) {
    piece.from *= factor;
    piece.to *= factor;
    piece.before *= factor;
  }
  return result;
}

Intensity Intensity::sped_up(double factor) const {
  Intensity result = *this;
  result.end_ = from_seconds(to_seconds(end_) / factor);
  for (Piece& piece : result.pieces_) {
    piece.start /= factor;
    piece.length /= factor;
    piece.from *= factor;
    piece.to *= factor;
  }
  return result;
}

const Intensity::Piece& Intensity::piece_at(double seconds) const noexcept {
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), seconds,
                                      [](double value, const Piece& piece) { return value < piece.start; });
  return after == pieces_.begin() ? pieces_.front() : *std::prev(after);
}

Rate Intensity::at(Duration offset) const noexcept {
  if (offset < Duration::zero() || offset >= end_ || pieces_.empty()) return Rate{};
  const double t = to_seconds(offset);
  const Piece& piece = piece_at(t);
  return Rate::per_second(piece.from + (piece.to - piece.from) * std::min(1.0, (t - piece.start) / piece.length));
}

Rate Intensity::peak() const noexcept {
  double peak = 0;
  for (const Piece& piece : pieces_) peak = std::max({peak, piece.from, piece.to});
  return Rate::per_second(peak);
}

Duration Intensity::peak_at() const noexcept {
  const double peak = this->peak().per_second();
  for (const Piece& piece : pieces_) {
    if (piece.from == peak) return from_seconds(piece.start);
    if (piece.to == peak) return from_seconds(piece.start + piece.length);
  }
  return Duration::zero();
}

Rate Intensity::mean() const noexcept {
  return end_ > Duration::zero() ? Rate::per_second(total_ / to_seconds(end_)) : Rate{};
}

double Intensity::integral(Duration offset) const noexcept {
  const double t = to_seconds(offset);
  if (!(t > 0) || pieces_.empty()) return 0;
  const Piece& piece = piece_at(t);
  const double x = std::min(t - piece.start, piece.length);
  return piece.before + piece.from * x + (piece.to - piece.from) * x * x / (2 * piece.length);
}

double Intensity::inverse(double arrivals) const noexcept {
  if (!(arrivals < total_)) return std::numeric_limits<double>::infinity();
  const auto after = std::upper_bound(pieces_.begin(), pieces_.end(), arrivals,
                                      [](double value, const Piece& piece) { return value < piece.before; });
  const Piece& piece = *std::prev(after);
  const double area = std::max(0.0, arrivals - piece.before);
  const double slope = (piece.to - piece.from) / piece.length;
  // area = from x + slope x^2 / 2, in the form that stays exact for slopes near 0 and for from = 0.
  const double root = std::sqrt(std::max(0.0, piece.from * piece.from + 2 * slope * area));
  const double divisor = piece.from + root;
  const double x = divisor > 0 ? 2 * area / divisor : 0;
  return piece.start + std::min(x, piece.length);
}

}  // namespace gelombang
