#include "config/keys/dns_names.h"
#include "config/keys/file_path.h"
#include "config/keys/group_fields.h"
#include "config/keys/scalars.h"

namespace weir::config {

using model::HealthCheck;
using model::Protocol;
using model::SentProxyHeader;
using model::TargetGroup;
using model::TargetTls;

namespace {

const Table<TargetTls>& target_tls_table() {
  static const Table<TargetTls> table{
      .doc = "TLS with the targets",
      .fields = {
          field("verify", "off: a target may show any certificate", &TargetTls::verify, boolean()),
          field("ca", "system, or a PEM file: the authorities whose certificates targets may have",
                &TargetTls::ca, word_or("system", {{"const", "system"}}, file_path())),
          field("server_name",
                "Whose certificate a target has to have, and is asked for (SNI): a name, an IP address, or "
                "host: that of the Host that is sent",
                &TargetTls::server_name, word_or("host", {{"const", "host"}}, server_name())),
          field("cert", "A PEM file: a certificate for targets that ask for one, then its chain",
                &TargetTls::cert, off_or(file_path())),
          field("key", "A PEM file: its private key", &TargetTls::key, off_or(file_path())),
      }};
  return table;
}

// One without the other is of no use.
void check_pair(const Value& value, const TargetTls& tls) {
  if (tls.cert.has_value() == tls.key.has_value()) return;
  value.report().add<Message::missing_key>(value.key_where(), tls.cert ? "key" : "cert");
}

}  // namespace

// TLS, and checks that speak it, follow from https; keys behind this one say otherwise.
Field<TargetGroup> group_protocol_field() {
  const auto codec = one_of<Protocol>({{"http", Protocol::http}, {"https", Protocol::https}});
  auto result = field("protocol", "What the targets speak", &TargetGroup::protocol, codec);
  result.read = [read = codec.read](const Value& value, TargetGroup& group) {
    const auto protocol = read(value);
    if (!protocol) return;
    group.protocol = *protocol;
    if (*protocol != Protocol::https) return;
    group.tls.emplace();
    group.health_check->protocol = HealthCheck::Protocol::https;
  };
  return result;
}

Field<TargetGroup> target_tls_field() {
  auto codec = off_or(section_codec(target_tls_table()));
  auto result = field("tls", "TLS with the targets; left out, on with these values for https",
                      &TargetGroup::tls, codec);
  result.read = [](const Value& value, TargetGroup& group) {
    const bool https = group.protocol == Protocol::https;
    if (is_off(value)) {
      if (https) value.report().add<Message::key_goes_with>(value.key_where(), "tls: off", "protocol: http");
      return;
    }
    TargetTls& tls = group.tls.emplace();
    tls.place = value.key_place();
    if (read_table(target_tls_table(), value.or_word("off"), tls)) check_pair(value, tls);
  };
  return result;
}

Field<TargetGroup> sent_proxy_header_field() {
  return field("proxy_protocol",
               "v1 or v2: every connection to a target begins with a header of the PROXY protocol, which "
               "says who the client is",
               &TargetGroup::proxy_protocol,
               off_as(SentProxyHeader::off,
                      one_of<SentProxyHeader>({{"v1", SentProxyHeader::v1}, {"v2", SentProxyHeader::v2}})));
}

}  // namespace weir::config
