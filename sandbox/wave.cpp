#include "sandbox/wave.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

namespace gelombang::sandbox {

WaveState due_state(const Wave& wave, WallTime now) {
  if (wave.state == WaveState::announced) return WaveState::announced;
  if (wave.state == WaveState::open) {
    return wave.closes_at && *wave.closes_at <= now ? WaveState::processing : WaveState::open;
  }
  const Duration since = now - wave.closed_at.value_or(now);
  if (since >= wave.result_delay) return WaveState::announced;
  if (since >= wave.result_delay / 2) return WaveState::evaluating;
  return wave.state;
}

DrawSeed random_draw_seed() {
  DrawSeed seed{};
  randombytes_buf(seed.data(), seed.size());
  return seed;
}

std::vector<std::int64_t> draw(const std::vector<Participant>& participants, std::int64_t quota, const DrawSeed& seed) {
  // The lot of each person is a keyed hash of the account. So the chance does not depend on the order of arrival or of
  // the list, and the draw can be repeated from its seed.
  using Lot = std::array<unsigned char, 16>;
  std::vector<std::pair<Lot, const Participant*>> lots;
  lots.reserve(participants.size());
  for (const Participant& participant : participants) {
    Lot lot{};
    std::array<unsigned char, 8> account{};
    std::memcpy(account.data(), &participant.account, account.size());
    crypto_generichash(lot.data(), lot.size(), account.data(), account.size(), seed.data(), seed.size());
    lots.emplace_back(lot, &participant);
  }
  std::sort(lots.begin(), lots.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::unordered_map<std::string_view, unsigned> per_family;
  std::vector<std::int64_t> selected;
  for (const auto& [lot, participant] : lots) {
    if (static_cast<std::int64_t>(selected.size()) >= quota) break;
    if (++per_family[participant->kk] <= kMaxPerFamily) selected.push_back(participant->account);
  }
  return selected;
}

std::string_view ApplicantSteps::next() const {
  if (!identity) return "identity";
  if (!id_card) return "id_card";
  if (!aptitude_test) return "aptitude_test";
  return "join";
}

DashboardStatus dashboard_status(const ApplicantSteps& steps, const std::optional<WaveState>& latest,
                                 bool joined_latest, bool selected) {
  if (selected) return {"SELECTED", "Selamat, Kartu Pra Kerjamu siap digunakan"};
  if (latest && joined_latest) {
    switch (*latest) {
      case WaveState::open: return {"WAITING_CLOSE", "Menunggu gelombang ditutup"};
      case WaveState::processing: return {"PROCESSING", "Sedang diproses"};
      case WaveState::evaluating: return {"EVALUATING", "Sedang dievaluasi"};
      case WaveState::announced: return {"NOT_SELECTED", "Kamu Belum Berhasil"};
    }
  }
  if (!steps.all()) return {"INCOMPLETE", "Lengkapi pendaftaran"};
  if (latest == WaveState::open) return {"READY_TO_JOIN", "Ikut Seleksi"};
  return {"NO_OPEN_WAVE", "Gelombang tidak ditemukan"};
}

std::string_view wave_state_name(WaveState state) {
  switch (state) {
    case WaveState::open: return "OPEN";
    case WaveState::processing: return "PROCESSING";
    case WaveState::evaluating: return "EVALUATING";
    case WaveState::announced: break;
  }
  return "ANNOUNCED";
}

std::string_view wave_state_text(WaveState state) {
  switch (state) {
    case WaveState::open: return "Gelombang dibuka";
    case WaveState::processing: return "Sedang diproses";
    case WaveState::evaluating: return "Sedang dievaluasi";
    case WaveState::announced: break;
  }
  return "Hasil seleksi sudah diumumkan";
}

}  // namespace gelombang::sandbox
