#include "config/keys/listener_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/units.h"

namespace weir::config {

using model::Alpn;
using model::Http2;
using model::Listener;
using model::Protocol;

namespace {

const Table<Http2>& http2_table() {
  static const Table<Http2> table{
      .doc = "How much of HTTP/2 a client may use",
      .fields = {
          field("streams", "Requests that a client may have under way on one connection", &Http2::streams,
                number32(1, 10'000)),
          field("header_list", "Of all fields of a request, with 32 bytes for each", &Http2::header_list,
                size(kKiB, 1024 * kKiB)),
          field("resets_per_second", "Requests that a client may give up; beyond them its connection ends",
                &Http2::resets_per_second, number32(1, 1'000'000)),
      }};
  return table;
}

// off, on for the defaults, or a map.
Codec<std::optional<Http2>> http2() {
  const auto map = section_codec(http2_table());
  const auto word = boolean();
  return {
      .expected = "on, off or a map of keys",
      .read = [map, word](const Value& value) -> std::optional<std::optional<Http2>> {
        if (value.kind() == Node::Kind::map) {
          auto read = map.read(value);
          if (!read) return std::nullopt;
          return std::optional(std::move(read));
        }
        const auto on = word.read(value);
        if (!on) return std::nullopt;
        return *on ? std::optional<Http2>(std::in_place) : std::optional<Http2>();
      },
      .write = [map](const std::optional<Http2>& http2) { return http2 ? map.write(*http2) : Json("off"); },
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
  const auto codec = http2();
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

}  // namespace weir::config
