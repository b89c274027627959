// A bad network between a client and a loopback port. It forwards TCP connections, and delays, throttles, swallows,
// cuts or resets them as a test says. Faults apply to open and new connections from the moment that they are set. All
// calls are thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace gelombang::test {

class TcpGate {
 public:
  enum class Direction : std::uint8_t { up, down };  // up: from the client to the target

  // Listens on a free port of 127.0.0.1 and forwards to 127.0.0.1:target_port.
  explicit TcpGate(std::uint16_t target_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& path = "/", const std::string& scheme = "http") const;

  // Every byte arrives later by `by`. 0: no delay.
  void delay(Direction direction, std::chrono::milliseconds by);
  // The limit of each connection. 0: no limit. For connections that are made afterwards, the gate holds at most about
  // 20 ms of data.
  void throttle(Direction direction, std::uint64_t bytes_per_second);
  // Nothing passes while the freeze is on. Data that was sent meanwhile follows later.
  void freeze(bool on);
  // Data that is sent from now on is accepted and lost, as behind a firewall that forgot the connection.
  void swallow(bool on);
  // Ends a connection after so many bytes: with an RST to both sides, or with a FIN to the receiver.
  void reset_after(Direction direction, std::uint64_t bytes);
  void truncate_after(Direction direction, std::uint64_t bytes);
  // New connections are accepted and reset at once.
  void reset_new(bool on);
  // Ends all open connections with an RST.
  void reset_all();
  // Removes all faults.
  void heal();

  [[nodiscard]] std::size_t accepted() const { return accepted_; }
  [[nodiscard]] std::size_t open() const { return open_; }
  [[nodiscard]] std::uint64_t passed(Direction direction) const {
    return direction == Direction::up ? passed_up_ : passed_down_;
  }

  struct Faults {
    struct OneWay {
      std::chrono::milliseconds delay{};
      std::uint64_t bandwidth = 0;
      std::uint64_t reset_after = UINT64_MAX;
      std::uint64_t truncate_after = UINT64_MAX;
    };
    OneWay up;
    OneWay down;
    bool frozen = false;
    bool swallowing = false;
    bool resetting_new = false;
  };

 private:
  struct Pipe;
  struct Link;
  struct Links;
  void change(const std::function<void(Faults&)>& how);
  void wake() const;
  void run();
  Faults take_orders();
  bool turn(Link& link, const Faults& faults, short from_client, short from_target);
  void accept_one(const Faults& faults);

  std::uint16_t target_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int waker_ = -1;
  std::mutex mutex_;
  Faults faults_;
  bool reset_all_ = false;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> accepted_{0};
  std::atomic<std::size_t> open_{0};
  std::atomic<std::uint64_t> passed_up_{0};
  std::atomic<std::uint64_t> passed_down_{0};
  std::unique_ptr<Links> links_;
  std::thread thread_;
};

}  // namespace gelombang::test
