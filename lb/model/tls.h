#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/model/place.h"

// TLS as the configuration describes it. Files are named here and nowhere read: a load does not look into
// them; see config/tls_files.h.
namespace weir::model {

struct FilePath {
  std::string path;  // absolute
  Place place = {};
  bool operator==(const FilePath&) const = default;
};

// PEM, both of them; one file with both in it may be named twice.
struct TlsCertificate {
  FilePath cert;  // the leaf first, then its chain
  FilePath key;
  std::optional<FilePath> ocsp = {};  // a response in DER (RFC 6960), to be stapled
  bool operator==(const TlsCertificate&) const = default;
};

enum class TlsVersion { tls_1_2, tls_1_3 };

// What a listener may agree upon with ALPN (RFC 7301).
enum class Alpn { h2, http1 };
std::string_view word(Alpn alpn);  // as it goes over the wire: "h2", "http/1.1"

// Asks clients for a certificate.
struct ClientAuth {
  enum class Mode {
    optional,  // who sends none is served too
    required,
  };
  Mode mode = Mode::required;
  FilePath ca;                       // PEM: what the chain of a client's certificate has to end at
  std::optional<FilePath> crl = {};  // PEM: revocation lists of these authorities
  bool operator==(const ClientAuth&) const = default;
};

struct ListenerTls {
  static constexpr std::size_t kMostCertificates = 1000;

  std::vector<TlsCertificate> certificates;  // chosen by SNI; the first is for what none of them names
  TlsVersion min_version = TlsVersion::tls_1_2;
  // The preferred one first; h2 only where the listener has http2.
  std::vector<Alpn> alpn{Alpn::h2, Alpn::http1};
  Place alpn_place = {};                          // line 0: not given
  std::optional<ClientAuth> client_auth = {};     // absent: off
  std::optional<FilePath> ticket_keys_file = {};  // absent: keys of this process alone, made in memory
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);  // from the first to the last of it
  bool kernel = false;  // it seals what is sent, where it can
  Place place = {};
  bool operator==(const ListenerTls&) const = default;
};

bool offers(const ListenerTls& tls, Alpn alpn);

// Of a target group: for its traffic, and for its checks.
struct TargetTls {
  bool verify = true;
  std::optional<FilePath> ca =
      {};  // PEM: whom a target's certificate may come from; absent: whom the system trusts
  // What a target's certificate has to be for, and the SNI; absent: the host of the request's Host.
  std::optional<std::string> server_name = {};
  std::optional<FilePath> cert = {};  // PEM: for targets that ask for one; absent: none
  std::optional<FilePath> key = {};   // exactly with `cert`
  Place place = {};                   // line 0: not given
  bool operator==(const TargetTls&) const = default;
};

}  // namespace weir::model
