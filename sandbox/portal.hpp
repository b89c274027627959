// The portal: what its endpoints share, and the table that maps a request to its handler.
#pragma once

#include "base/clock.hpp"
#include "sandbox/connection_pool.hpp"
#include "sandbox/counters.hpp"
#include "sandbox/database.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/http_message.hpp"
#include "sandbox/mail_queue.hpp"
#include "sandbox/photo_store.hpp"
#include "sandbox/photo_upload.hpp"
#include "sandbox/rate_limit.hpp"
#include "sandbox/registry.hpp"
#include "sandbox/sessions.hpp"
#include "sandbox/wave_office.hpp"
#include "sandbox/worker_pool.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace gelombang::sandbox {

// Created by the program, in this order. Handlers reach everything through this struct.
struct Portal {
  const Clock& clock;
  Timers& timers;
  Counters& counters;
  Faults& faults;
  ConnectionPool& pool;
  Database& database;
  WorkerPool& workers;     // hashes and photo checks
  WorkerPool& operations;  // the operator's calls, which wait for the database
  Sessions& sessions;
  WaveOffice& waves;
  MailQueue& mail;
  PhotoStore& photos;
  UploadMemory& upload_memory;
  Registry& registry;
  KeyedLimit& login_limit;      // attempts from one client address (a fault, off by default)
  WindowLimit& wrong_password;  // per account
  WindowLimit& resends;         // per address
  std::function<void(Duration)> freeze;
  std::string mail_domain;  // of the seeded people
  bool secure_cookies = false;
  bool operator_side = false;
};

inline constexpr std::string_view kSessionCookie = "sesi";
// The most bytes of a multipart body besides the photo itself.
inline constexpr std::uint64_t kMultipartOverhead = 64 * 1024;
inline constexpr std::uint64_t kMaxFormBytes = 64 * 1024;

class Router final : public HttpService {
 public:
  explicit Router(Portal& portal) : portal_(portal) {}
  BodyPlan plan(Request& request) override;
  void handle(Request request, Responder respond) override;

 private:
  Portal& portal_;
};

}  // namespace gelombang::sandbox
