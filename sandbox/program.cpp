#include "sandbox/program.hpp"

#include "base/log.hpp"
#include "base/synthetic_person.hpp"
#include "base/units.hpp"
#include "sandbox/data_directory.hpp"
#include "sandbox/event_loops.hpp"
#include "sandbox/http_server.hpp"
#include "sandbox/mail_transport.hpp"
#include "sandbox/options.hpp"
#include "sandbox/portal.hpp"
#include "sandbox/seeding.hpp"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <memory>
#include <thread>
#include <unordered_set>
#include <utility>

namespace gelombang::sandbox {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxSessions = 1'000'000;
constexpr std::uint64_t kMaxUploadMemory = 512ULL * 1024 * 1024;
constexpr auto kQueueTime = 5s;  // a login that would wait longer gets a 503
constexpr auto kCalendarTick = 100ms;
constexpr auto kGrace = 5s;
constexpr std::int64_t kFirstWave = 13;

// Raises the descriptor limit as far as the system allows. Returns the limit.
std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

FaultSettings defaults_of(const Options& options) {
  FaultSettings settings;
  settings.hash = hash_cost_named(options.hash_cost).value_or(HashCost{});
  settings.photo_limit = options.photo_limit;
  return settings;
}

HttpServerOptions server_options(const Options& options, std::uint64_t descriptors) {
  HttpServerOptions server;
  server.address = options.address;
  server.port = options.port;
  server.tls_certificate = options.tls_certificate;
  server.tls_key = options.tls_key;
  // Leaves some for the database, photos and mails.
  server.max_connections = descriptors > 256 ? std::min<std::uint64_t>(descriptors - 128, 100'000) : 128;
  return server;
}

std::size_t worker_queue(unsigned workers, Duration hash_time) {
  const double fits = static_cast<double>(workers) * to_seconds(kQueueTime) / std::max(to_seconds(hash_time), 1e-6);
  return static_cast<std::size_t>(std::clamp(fits, 64.0, 2000.0));
}

// Everything that lives while the portal runs, in the order of dependence: a member refers to members above it and is
// destroyed before them.
class RunningPortal {
 public:
  RunningPortal(const Options& options, DataDirectory& data, std::uint64_t descriptors)
      : options_(options),
        data_(data),
        worker_threads_(std::max(1U, std::thread::hardware_concurrency())),
        hash_time_(measure_hash(defaults_of(options).hash)),
        max_connections_(server_options(options, descriptors).max_connections),
        loops_(options.threads),
        server_(server_options(options, descriptors), loops_, counters_),
        workers_(worker_threads_, worker_queue(worker_threads_, hash_time_)),
        operations_(1, 256),
        faults_(defaults_of(options)),
        pool_(clock_, loops_),
        registry_(clock_, loops_) {}

  ~RunningPortal() { stop(); }
  RunningPortal(const RunningPortal&) = delete;
  RunningPortal& operator=(const RunningPortal&) = delete;

  Result<void> start() {
    if (auto bound = server_.bind(); !bound) return bound.error();
    if (auto opened = open_stores(); !opened) return opened.error();
    if (auto seeded = seed(); !seeded) return seeded.error();
    mail_ = std::make_unique<MailQueue>(*database_, *transport_, faults_, clock_,
                                        MailQueue::Options{server_.url(), options_.seed});
    // NOLINTNEXTLINE(modernize-make-unique): make_unique cannot fill an aggregate with clang 14
    portal_ = std::unique_ptr<Portal>(new Portal{clock_,
                                                 loops_,
                                                 counters_,
                                                 faults_,
                                                 pool_,
                                                 *database_,
                                                 workers_,
                                                 operations_,
                                                 sessions_,
                                                 *waves_,
                                                 *mail_,
                                                 *photos_,
                                                 upload_memory_,
                                                 registry_,
                                                 login_limit_,
                                                 wrong_password_,
                                                 resends_,
                                                 [this](Duration how_long) { loops_.freeze(how_long); },
                                                 std::string(kDefaultMailDomain),
                                                 !options_.tls_certificate.empty(),
                                                 server_.on_loopback()});
    router_ = std::make_unique<Router>(*portal_);
    faults_.on_change([this](const FaultSettings& settings) {
      pool_.configure(settings.pool);
      registry_.configure(settings.registry_rate, settings.registry_delay);
      login_limit_.configure(settings.login_rate, settings.login_burst);
    });
    mail_->start();
    server_.start(*router_);
    loops_.start();
    tick();
    return {};
  }

  void announce() const {
    std::cout << "data: " << data_.path() << (data_.temporary() ? " (temporary, removed at the end)" : "") << '\n'
              << "mail: " << mail_where_ << '\n'
              << fmt::format(
                     "hash cost: {}, {} of argon2id per login; {} workers give about {:.0f} logins/s, {} can queue\n",
                     options_.hash_cost, format_duration(hash_time_), worker_threads_,
                     worker_threads_ / std::max(to_seconds(hash_time_), 1e-9), workers_.queue_limit())
              << fmt::format(
                     "capacity: {} event loop{}, {} connections, {} of photos in memory, photos below {} bytes\n",
                     options_.threads, options_.threads == 1 ? "" : "s", max_connections_,
                     format_size(kMaxUploadMemory), options_.photo_limit);
    if (options_.accounts > 0) {
      std::cout << fmt::format("accounts: {} of seed {} ({} new) in {}\n", options_.accounts, options_.seed, seeded_,
                               format_duration(seeding_time_));
    }
    const auto wave = waves_->latest();
    std::cout << "wave: "
              << (wave ? fmt::format("{} {}, quota {}", wave->number, wave_state_name(wave->state), wave->quota)
                       : "none")
              << '\n';
    if (server_.on_loopback()) std::cout << "operator: " << server_.url() << "/_sandbox/\n";
    std::cout << "ready: " << server_.url() << std::endl;
  }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    server_.drain(kGrace);
    if (mail_) mail_->stop();
    workers_.stop();
    operations_.stop();
    // Its jobs call the portal: they must end before the portal is destroyed, whatever the order of the members.
    if (database_) database_->stop();
    loops_.stop();
  }

 private:
  Result<void> open_stores() {
    mail_where_ = options_.mail.empty() ? "maildir:" + data_.path() + "/mail" : options_.mail;
    auto transport = make_transport(mail_where_);
    if (!transport) return transport.error();
    transport_ = std::move(*transport);
    auto database = Database::open(data_.path() + "/portal.sqlite", pool_);
    if (!database) return database.error();
    database_ = std::move(*database);
    std::unordered_set<std::string> files;
    database_->read_now([&files](DbConnection& c) {
      Query rows(c, "SELECT photo_file FROM accounts WHERE photo_file IS NOT NULL");
      while (rows.next()) files.insert(rows.text(0));
    });
    photos_ = std::make_unique<PhotoStore>(data_.path() + "/photos");
    if (auto opened = photos_->open(files); !opened) return opened.error();
    waves_ = std::make_unique<WaveOffice>(*database_, clock_);
    return waves_->load();
  }

  Result<void> seed() {
    if (options_.accounts == 0) return {};
    const TimePoint start = clock_.now();
    Seeding seeding;
    seeding.seed = options_.seed;
    seeding.count = options_.accounts;
    seeding.mail_domain = kDefaultMailDomain;
    const auto added = seed_accounts(*database_, clock_, seeding);
    if (!added) return added.error();
    seeded_ = *added;
    seeding_time_ = clock_.now() - start;
    if (waves_->latest()) return {};
    // Ten times as many people as places, as in the real waves.
    const auto quota = static_cast<std::int64_t>(std::max<std::uint64_t>(1, options_.accounts / 10));
    const auto wave = waves_->open({kFirstWave, quota, {}, Duration{0}});
    if (!wave) return wave.error();
    return {};
  }

  void tick() {
    loops_.after(kCalendarTick, [this] {
      (void)operations_.submit([this] { waves_->tick(); });  // if the queue is full, the next tick does it
      tick();
    });
  }

  const Options& options_;
  DataDirectory& data_;
  unsigned worker_threads_;
  Duration hash_time_;
  std::uint64_t max_connections_;
  std::string mail_where_;
  std::uint64_t seeded_ = 0;
  Duration seeding_time_{0};
  bool stopped_ = false;

  SystemClock clock_;
  Counters counters_;
  UploadMemory upload_memory_{kMaxUploadMemory};
  EventLoops loops_;
  HttpServer server_;
  WorkerPool workers_;
  WorkerPool operations_;
  Faults faults_;
  ConnectionPool pool_;
  Registry registry_;
  Sessions sessions_{clock_, kMaxSessions};
  KeyedLimit login_limit_{clock_};
  WindowLimit wrong_password_{clock_, 10, 15min};
  WindowLimit resends_{clock_, 5, 2h};  // as the portal's help pages say
  std::unique_ptr<MailTransport> transport_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<PhotoStore> photos_;
  std::unique_ptr<WaveOffice> waves_;
  std::unique_ptr<MailQueue> mail_;
  std::unique_ptr<Portal> portal_;
  std::unique_ptr<Router> router_;
};

int fail(const Error& error) {
  std::cerr << "gelombang-sandbox: " << error.message << std::endl;
  return kExitBadInput;
}

int serve(const Options& options, const sigset_t& signals) {
  const std::uint64_t descriptors = raise_descriptor_limit();
  auto data = DataDirectory::open(options.data);
  if (!data) return fail(data.error());
  RunningPortal portal(options, **data, descriptors);
  if (auto started = portal.start(); !started) return fail(started.error());
  portal.announce();
  int signal = 0;
  sigwait(&signals, &signal);
  portal.stop();
  return 0;
}

}  // namespace

int run_program(int argc, char** argv) {
  const ParsedOptions parsed = parse_options(argc, argv);
  if (!parsed.options) return parsed.exit_code;
  if (auto log = init_log("warning", isatty(STDERR_FILENO) != 0); !log) return fail(log.error());
  if (sodium_init() < 0) return fail({"libsodium cannot be initialised"});
  std::signal(SIGPIPE, SIG_IGN);
  // Blocked before any thread starts, so that only sigwait sees them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return serve(*parsed.options, signals);
}

}  // namespace gelombang::sandbox
