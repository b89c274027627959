// A certificate authority for one test: it writes good and bad keys and certificates as PEM files.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gelombang::test {

class CertificateAuthority {
 public:
  // Writes ca.pem into `directory`. The directory must outlive this object.
  explicit CertificateAuthority(std::string directory);
  ~CertificateAuthority();
  CertificateAuthority(const CertificateAuthority&) = delete;
  CertificateAuthority& operator=(const CertificateAuthority&) = delete;

  struct Leaf {
    std::string certificate;  // paths
    std::string key;
  };
  struct LeafOptions {
    std::vector<std::string> names{"localhost"};  // DNS names
    std::vector<std::string> addresses{"127.0.0.1"};
    std::chrono::hours not_before{-24};  // from now
    std::chrono::hours not_after{24};
  };
  [[nodiscard]] const std::string& ca_file() const { return ca_file_; }
  Leaf issue(const std::string& file_name, const LeafOptions& options);
  Leaf issue(const std::string& file_name) { return issue(file_name, LeafOptions{}); }

 private:
  struct State;
  std::string directory_;
  std::string ca_file_;
  std::unique_ptr<State> state_;
};

}  // namespace gelombang::test
