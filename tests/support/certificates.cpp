#include "tests/support/certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <stdexcept>
#include <utility>

namespace gelombang::test {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Certificate make(EVP_PKEY* key, const std::string& common_name, std::chrono::hours from, std::chrono::hours to) {
  static long serial = 1;
  Certificate certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), std::chrono::seconds(from).count());
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), std::chrono::seconds(to).count());
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(common_name.c_str());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, -1, -1, 0);
  return certificate;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  if (!extension || X509_add_ext(certificate, extension.get(), -1) != 1) {
    throw std::runtime_error("cannot make a certificate: " + value);
  }
}

template <class Write>
void to_file(const std::string& path, const Write& write) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr || write(file) != 1) throw std::runtime_error("cannot write " + path);
  std::fclose(file);
}

}  // namespace

struct CertificateAuthority::State {
  Key key;
  Certificate certificate;
};

CertificateAuthority::CertificateAuthority(std::string directory)
    : directory_(std::move(directory)), ca_file_(directory_ + "/ca.pem"), state_(std::make_unique<State>()) {
  state_->key.reset(EVP_EC_gen("P-256"));
  static int number = 0;  // a client would take two authorities of the same name for one
  const std::string common_name = "gelombang test authority " + std::to_string(++number);
  state_->certificate = make(state_->key.get(), common_name, std::chrono::hours(-48 * 365), std::chrono::hours(48));
  X509* const certificate = state_->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  extend(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(certificate, state_->key.get(), EVP_sha256());
  to_file(ca_file_, [&](std::FILE* file) { return PEM_write_X509(file, certificate); });
}

CertificateAuthority::~CertificateAuthority() = default;

CertificateAuthority::Leaf CertificateAuthority::issue(const std::string& file_name, const LeafOptions& options) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = make(key.get(), file_name, options.not_before, options.not_after);
  X509* const issuer = state_->certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  std::string names;
  for (const std::string& name : options.names) names += (names.empty() ? "DNS:" : ",DNS:") + name;
  for (const std::string& address : options.addresses) names += (names.empty() ? "IP:" : ",IP:") + address;
  extend(certificate.get(), issuer, NID_subject_alt_name, names);
  X509_sign(certificate.get(), state_->key.get(), EVP_sha256());
  const Leaf leaf{directory_ + "/" + file_name + ".pem", directory_ + "/" + file_name + ".key"};
  to_file(leaf.certificate, [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); });
  to_file(leaf.key, [&](std::FILE* file) {
    return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
  return leaf;
}

}  // namespace gelombang::test
