#include "lb/net/tls_trust.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "lb/net/tls_failure.h"

namespace weir::net {
namespace {

std::string_view from_environment(const char* variable, const char* otherwise) {
  const char* const value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
  return value != nullptr ? value : otherwise;
}

// `path` may hold several certificates.
bool add_file(X509_STORE& store, const std::filesystem::path& path) {
  const bool added = X509_STORE_load_file(&store, path.c_str()) == 1;
  ERR_clear_error();
  return added;
}

// A directory has each certificate under the hash of its subject, "5ad8a5d6.0" (c_rehash); what else is in it
// does not count.
bool is_hashed_name(std::string_view name) {
  return name.size() > 9 && name[8] == '.' && name.find_first_not_of("0123456789abcdef") == 8 &&
         name.find_first_not_of("0123456789", 9) == std::string_view::npos;
}

bool add_directory(X509_STORE& store, const std::filesystem::path& path) {
  std::error_code error;
  bool added = false;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    if (is_hashed_name(entry->path().filename().native())) added |= add_file(store, entry->path());
  }
  return added;
}

TlsTrust::Digest digest_of(std::string_view first, std::string_view second) {
  TlsTrust::Digest digest{};
  const std::string text = std::to_string(first.size()) + ':' + std::string(first) + std::string(second);
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

std::unexpected<TlsTrustProblem> problem(TlsFile file, std::string text) {
  return std::unexpected(TlsTrustProblem{file, std::move(text)});
}

std::expected<void, std::string> add_lists(X509_STORE& store, std::string_view crl_pem) {
  const auto lists = read_tls_revocation_lists(crl_pem);
  if (!lists) return std::unexpected(lists.error());
  for (const X509CrlPointer& list : *lists) {
    if (X509_STORE_add_crl(&store, list.get()) != 1) return std::unexpected(take_tls_error_text());
  }
  X509_STORE_set_flags(&store, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
  return {};
}

// OpenSSL looks at a certificate's extensions, and sorts a revocation list, when it is first asked, under a
// lock. Done here, that is nothing that handshakes write, or wait for each other for.
void use_once(X509_STORE& store) {
  const TlsErrorMark mark;
  const STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(&store);
  for (int index = 0; index < sk_X509_OBJECT_num(objects); ++index) {
    const X509_OBJECT* const object = sk_X509_OBJECT_value(objects, index);
    if (X509* const certificate = X509_OBJECT_get0_X509(object)) X509_check_purpose(certificate, -1, 0);
    if (X509_CRL* const list = X509_OBJECT_get0_X509_CRL(object)) {
      sk_X509_REVOKED_sort(X509_CRL_get_REVOKED(list));
    }
  }
}

}  // namespace

TlsTrust::Made<std::string> TlsTrust::system() {
  std::shared_ptr<TlsTrust> trust(new TlsTrust);
  trust->store_.reset(X509_STORE_new());
  if (!trust->store_) return std::unexpected(take_tls_error_text());
  const std::string_view file =
      from_environment(X509_get_default_cert_file_env(), X509_get_default_cert_file());
  bool added = add_file(*trust->store_, file);
  std::string_view directories =
      from_environment(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());
  while (!directories.empty()) {
    const std::size_t colon = directories.find(':');
    added |= add_directory(*trust->store_, directories.substr(0, colon));
    directories.remove_prefix(colon == std::string_view::npos ? directories.size() : colon + 1);
  }
  if (!added) return std::unexpected("this system has no certificates of authorities");
  use_once(*trust->store_);
  trust->digest_ = digest_of("system", {});
  return trust;
}

TlsTrust::Made<TlsTrustProblem> TlsTrust::from_pem(std::string_view ca_pem,
                                                   std::optional<std::string_view> crl_pem) {
  auto authorities = read_tls_certificates(ca_pem);
  if (!authorities) return problem(TlsFile::ca, std::move(authorities.error().text));
  std::shared_ptr<TlsTrust> trust(new TlsTrust);
  trust->authorities_ = std::move(*authorities);
  trust->store_.reset(X509_STORE_new());
  if (!trust->store_) return problem(TlsFile::ca, take_tls_error_text());
  for (const X509Pointer& authority : trust->authorities_) {
    if (X509_STORE_add_cert(trust->store_.get(), authority.get()) != 1) {
      return problem(TlsFile::ca, take_tls_error_text());
    }
  }
  if (crl_pem) {
    if (auto added = add_lists(*trust->store_, *crl_pem); !added) {
      return problem(TlsFile::crl, std::move(added.error()));
    }
  }
  use_once(*trust->store_);
  trust->digest_ = digest_of(ca_pem, crl_pem.value_or(""));
  return trust;
}

std::expected<std::vector<X509CrlPointer>, std::string> read_tls_revocation_lists(std::string_view pem) {
  if (pem.size() > INT_MAX) return std::unexpected("it is too large");
  const BioPointer memory(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!memory) return std::unexpected(take_tls_error_text());
  std::vector<X509CrlPointer> lists;
  while (X509CrlPointer list{PEM_read_bio_X509_CRL(memory.get(), nullptr, nullptr, nullptr)}) {
    lists.push_back(std::move(list));
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (!at_end) return std::unexpected("a revocation list in it cannot be read: " + take_tls_error_text());
  ERR_clear_error();
  if (lists.empty()) return std::unexpected("it holds no revocation list");
  return lists;
}

}  // namespace weir::net
