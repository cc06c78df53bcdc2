#include <algorithm>

#include "config/keys/file_path.h"
#include "config/keys/listener_fields.h"
#include "config/keys/scalars.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Alpn;
using model::ClientAuth;
using model::FilePath;
using model::Listener;
using model::ListenerTls;
using model::Protocol;
using model::TlsCertificate;
using model::TlsVersion;

namespace {

const Table<TlsCertificate>& certificate_table() {
  static const Table<TlsCertificate> table{
      .doc = "A certificate and its key",
      .fields = {
          required(field("cert", "A PEM file: the certificate, then its chain", &TlsCertificate::cert,
                         file_path())),
          required(field("key", "A PEM file: its private key", &TlsCertificate::key, file_path())),
          field("ocsp", "A DER file: an OCSP response, which goes along with the certificate",
                &TlsCertificate::ocsp, off_or(file_path())),
      }};
  return table;
}

// A list of them, or one alone.
Codec<std::vector<TlsCertificate>> certificates() {
  const auto one = section_codec(certificate_table());
  auto list = list_of(one, ListSize::not_empty);
  list.read = [read_one = one.read,
               read = list.read](const Value& value) -> std::optional<std::vector<TlsCertificate>> {
    if (value.kind() == Node::Kind::map) {
      auto certificate = read_one(value);
      if (!certificate) return std::nullopt;
      return std::vector{*std::move(certificate)};
    }
    auto all = read(value);
    if (all && all->size() > ListenerTls::kMostCertificates) {
      value.report().add<Message::certificates_many>(value.key_where(), all->size(),
                                                     ListenerTls::kMostCertificates);
    }
    return all;
  };
  return list;
}

Codec<TlsVersion> version() {
  auto codec = one_of<TlsVersion>({{"1.2", TlsVersion::tls_1_2}, {"1.3", TlsVersion::tls_1_3}});
  codec.schema = either_schema(std::move(codec.schema), {{"enum", {1.2, 1.3}}});
  return codec;
}

Codec<std::vector<Alpn>> alpn() {
  auto codec = list_of(one_of<Alpn>({{"h2", Alpn::h2}, {"http/1.1", Alpn::http1}}), ListSize::not_empty);
  codec.read = [read = codec.read](const Value& value) {
    auto protocols = read(value);
    if (protocols) {
      for (const Alpn each : {Alpn::h2, Alpn::http1}) {
        if (std::ranges::count(*protocols, each) > 1)
          value.report().add<Message::value_twice>(value.key_where(), word(each));
      }
    }
    return protocols;
  };
  return codec;
}

const Table<ClientAuth>& client_auth_table() {
  using Mode = ClientAuth::Mode;
  static const Table<ClientAuth> table{
      .doc = "Asks clients for a certificate",
      .fields = {
          field("mode", "required: from every client; optional: who has none is served too",
                &ClientAuth::mode,
                one_of<Mode>({{"required", Mode::required}, {"optional", Mode::optional}})),
          required(field("ca", "A PEM file: the authorities whose certificates clients may have",
                         &ClientAuth::ca, file_path())),
          field("crl", "A PEM file: which of these certificates are revoked", &ClientAuth::crl,
                off_or(file_path())),
      }};
  return table;
}

// The mode alone says too little.
Codec<ClientAuth> client_auth() {
  auto codec = section_codec(client_auth_table());
  codec.read = [read = codec.read](const Value& value) -> std::optional<ClientAuth> {
    for (const char* const mode : {"required", "optional"}) {
      if (!value.is_word(mode)) continue;
      value.report().add_with_hint<Message::missing_key>(
          value.where(), fmt::format("did you mean '{{ mode: {}, ca: FILE }}'?", mode), "ca");
      return std::nullopt;
    }
    return read(value);
  };
  return codec;
}

const Table<ListenerTls>& listener_tls_table() {
  static const Table<ListenerTls> table{
      .doc = "TLS with clients",
      .fields = {
          required(field("certificates",
                         "Chosen by the name that the client asks for; the first is for all other names",
                         &ListenerTls::certificates, certificates())),
          field("min_version", "The oldest version of TLS that is spoken", &ListenerTls::min_version,
                version()),
          placed(&ListenerTls::alpn_place,
                 field("alpn",
                       "What a client may choose from, the preferred one first: h2, http/1.1; left out: "
                       "both, or http/1.1 where http2 is off",
                       &ListenerTls::alpn, alpn())),
          field("client_auth", "Asks clients for a certificate", &ListenerTls::client_auth,
                off_or(client_auth())),
          field("ticket_keys_file",
                "Keys of session tickets, one a line: the first seals, all open them; every node of a fleet "
                "needs the same; off: weir makes them, and keeps them in memory",
                &ListenerTls::ticket_keys_file, off_or(file_path())),
          field("handshake_timeout", "How long a client may take for its handshake",
                &ListenerTls::handshake_timeout, duration(100ms, 1h)),
          field("kernel",
                "The kernel seals what is sent to clients (kTLS), where it has the module tls and the "
                "connection's cipher",
                &ListenerTls::kernel, boolean()),
      }};
  return table;
}

}  // namespace

Field<Listener> tls_field() {
  auto codec = off_or(section_codec(listener_tls_table()));
  auto result = field("tls", "TLS with clients, for https", &Listener::tls, codec);
  result.read = [](const Value& value, Listener& listener) {
    if (is_off(value)) return;
    if (listener.protocol != Protocol::https)
      value.report().add<Message::key_goes_with>(value.key_where(), "tls", "protocol: https");
    // Also where a part of it is refused: it is there, and nobody has to say that it is missing.
    ListenerTls& tls = listener.tls.emplace();
    tls.place = value.key_place();
    read_table(listener_tls_table(), value.or_word("off"), tls);
    if (tls.alpn_place.line != 0 && !offers(tls, Alpn::h2)) listener.http2.reset();
  };
  return result;
}

}  // namespace weir::config
