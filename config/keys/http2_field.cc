#include "config/keys/group_fields.h"
#include "config/keys/listener_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/units.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Alpn;
using model::Http2;
using model::Listener;
using model::Protocol;
using model::TargetGroup;
using model::TargetHttp2;

namespace {

const Table<Http2>& http2_table() {
  static const Table<Http2> table{
      .doc = "How much of HTTP/2 a client may use",
      .fields = {
          field("streams", "Requests that a client may have under way on one connection", &Http2::streams,
                number32(1, 10'000)),
          field("header_list", "Of all fields of a request, with 32 bytes for each", &Http2::header_list,
                size(kKiB, 1024 * kKiB)),
          field("resets_per_second",
                "Requests that a client may give up before their answers begin, or break the rules with; "
                "beyond them its connection ends",
                &Http2::resets_per_second, number32(1, 1'000'000)),
      }};
  return table;
}

const Table<TargetHttp2>& target_http2_table() {
  static const Table<TargetHttp2> table{
      .doc = "How weir speaks HTTP/2 with the targets",
      .fields = {
          field("streams", "Requests that weir has under way on one connection; a target may allow fewer",
                &TargetHttp2::streams, number32(1, 10'000)),
          field(
              "ping",
              "Asks a target that has sent nothing for so long, while requests are under way, whether it is "
              "there; off: only one that is late with a response",
              &TargetHttp2::ping, off_or(duration(1s, 24h))),
      }};
  return table;
}

// off, on for the defaults, or a map.
template <class Settings>
Codec<std::optional<Settings>> on_or_off(const Table<Settings>& table) {
  const auto map = section_codec(table);
  const auto word = boolean();
  return {.expected = "on, off or a map of keys",
          .read = [map, word](const Value& value) -> std::optional<std::optional<Settings>> {
            if (value.kind() == Node::Kind::map) {
              auto read = map.read(value);
              if (!read) return std::nullopt;
              return std::optional(std::move(read));
            }
            const auto on = word.read(value);
            if (!on) return std::nullopt;
            return *on ? std::optional<Settings>(std::in_place) : std::optional<Settings>();
          },
          .write =
              [map](const std::optional<Settings>& http2) { return http2 ? map.write(*http2) : Json("off"); },
          .schema = either_schema(word.schema, map.schema)};
}

// What ALPN offers and what is spoken have to be the same.
void settle_alpn(const Value& value, Listener& listener) {
  if (!listener.tls) return;
  const bool given = listener.tls->alpn_place.line != 0;
  const bool offered = offers(*listener.tls, Alpn::h2);
  if (listener.http2 && !offered) {
    value.report().add<Message::http2_not_offered>(value.where());
  } else if (!listener.http2 && offered && given) {
    value.report().add<Message::alpn_without_http2>(value.where());
  } else if (!listener.http2 && offered) {
    std::erase(listener.tls->alpn, Alpn::h2);
  }
}

}  // namespace

Field<Listener> protocol_field() {
  const auto codec = one_of<Protocol>({{"http", Protocol::http}, {"https", Protocol::https}});
  auto result = field("protocol", "What clients speak; https needs tls", &Listener::protocol, codec);
  result.read = [read = codec.read](const Value& value, Listener& listener) {
    const auto protocol = read(value);
    if (!protocol) return;
    listener.protocol = *protocol;
    listener.protocol_place = value.place();
    if (*protocol == Protocol::https) listener.http2.emplace();
  };
  return result;
}

Field<Listener> http2_field() {
  const auto codec = on_or_off(http2_table());
  auto result = field("http2",
                      "HTTP/2: over TLS by ALPN, else by prior knowledge (h2c); left out: on for https whose "
                      "alpn has h2, else off",
                      &Listener::http2, codec);
  result.read = [read = codec.read](const Value& value, Listener& listener) {
    auto http2 = read(value);
    if (!http2) return;
    listener.http2 = *std::move(http2);
    settle_alpn(value, listener);
  };
  return result;
}

Field<TargetGroup> target_http2_field() {
  return field(
      "http2",
      "HTTP/2 with the targets, which have to speak it: over TLS by ALPN, else by prior knowledge (h2c)",
      &TargetGroup::http2, on_or_off(target_http2_table()));
}

}  // namespace weir::config
