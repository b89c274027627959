// The sockets of one IMAP session. libcurl opens them here, but does not always say that it closed one: not where it
// gives up connecting. The kernel gives such a number to the next one who asks, so a number counts only as long as it
// still is the same socket, by its inode.
#pragma once

#include <curl/curl.h>
#include <sys/types.h>

#include <vector>

namespace gelombang {

class ImapSockets {
 public:
  // Plain text is for this machine alone: other addresses are refused.
  bool only_loopback = false;

  // Makes a handle open and close its sockets here.
  void attach(CURL* handle);
  // A call begins: what happened before is forgotten.
  void begin() {
    error_ = 0;
    strayed_ = false;
  }
  // Ends every connection, but closes no socket: they are libcurl's.
  void shut() const;

  // errno of the last socket() that failed. For libcurl that is a connection that could not be made.
  [[nodiscard]] int error() const { return error_; }
  // Whether it was to connect to another machine, and was not allowed to.
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
