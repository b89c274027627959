// The sockets of one IMAP session. libcurl opens them here, but does not always report a close: not when it gives up
// connecting. The kernel reuses such a number, so a number counts only while its inode shows that it is still the same
// socket.
#pragma once

#include <curl/curl.h>
#include <sys/types.h>

#include <vector>

namespace gelombang {

class ImapSockets {
 public:
  // Plain text is allowed only to this machine: other addresses are refused.
  bool only_loopback = false;

  // Makes a handle open and close its sockets here.
  void attach(CURL* handle);
  // A call begins: what happened before is forgotten.
  void begin() {
    error_ = 0;
    strayed_ = false;
  }
  // Ends every connection, but closes no socket, because libcurl owns them.
  void shut() const;

  // errno of the last socket() that failed. libcurl reports it as a connection that could not be made.
  [[nodiscard]] int error() const { return error_; }
  // Whether a connection to another machine was refused.
  [[nodiscard]] bool strayed() const { return strayed_; }

 private:
  struct Socket {
    int fd;
    ino_t inode;
  };

  curl_socket_t open(const curl_sockaddr& address);
  int close(curl_socket_t fd);

  std::vector<Socket> open_;
  int error_ = 0;
  bool strayed_ = false;
};

}  // namespace gelombang
