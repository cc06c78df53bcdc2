#include <algorithm>
#include <iterator>

#include "config/keys/addresses.h"
#include "config/keys/listener_fields.h"
#include "config/keys/routing_fields.h"
#include "config/keys/scalars.h"
#include "config/keys/tables.h"
#include "config/keys/units.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Bind;
using model::DesyncMode;
using model::Forwarded;
using model::ForwardedMode;
using model::Listener;
using model::ListenerLimits;
using model::ListenerTimeouts;

namespace {

constexpr std::uint64_t kManyConnections = 10'000'000;
constexpr std::uint64_t kManyRequests = 1'000'000'000;

Codec<Bind> bind() {
  const auto inner = address(AddressUse::bind);
  return {.expected = inner.expected,
          .read = [read = inner.read](const Value& value) -> std::optional<Bind> {
            auto read_address = read(value);
            if (!read_address) return std::nullopt;
            return Bind{.address = *std::move(read_address), .place = value.place()};
          },
          .write = [write = inner.write](const Bind& bind) { return write(bind.address); },
          .schema = inner.schema};
}

Table<Forwarded> forwarded_table() {
  return {.doc = "What targets are told about the client's side",
          .fields = {
              field("mode", "append to, preserve or remove X-Forwarded-For, -Proto, -Port and -Host",
                    &Forwarded::mode,
                    one_of<ForwardedMode>({{"append", ForwardedMode::append},
                                           {"preserve", ForwardedMode::preserve},
                                           {"remove", ForwardedMode::remove}})),
              field("rfc7239", "Also write the Forwarded header", &Forwarded::rfc7239, boolean()),
              field("trust", "Blocks of addresses whose incoming values are believed", &Forwarded::trust,
                    off_as({}, list_of(cidr()))),
              field("via", "Write Via, and refuse loops that it shows", &Forwarded::via, boolean()),
          }};
}

Table<ListenerTimeouts> listener_timeouts_table() {
  const auto limit = [](model::Milliseconds most) { return off_or(duration(1ms, most)); };
  return {.doc = "How long the client may take",
          .fields = {
              field("header", "From the first byte of a request to its complete head",
                    &ListenerTimeouts::header, limit(24h)),
              field("body", "Without progress of a request body", &ListenerTimeouts::body, limit(24h)),
              field("idle", "Between requests of a connection", &ListenerTimeouts::idle, limit(24h)),
              field("write", "While the client takes nothing of a response", &ListenerTimeouts::write,
                    limit(24h)),
              field("tunnel",
                    "Without a byte in either direction after an upgrade, and in place of body once a call "
                    "of gRPC is answered",
                    &ListenerTimeouts::tunnel, limit(720h)),
              field("client_lifetime", "After this the next response closes the connection",
                    &ListenerTimeouts::client_lifetime, limit(720h)),
          }};
}

Field<ListenerLimits> target_bytes_field() {
  auto codec = size(64, 1024 * kKiB);
  auto result = field("target_bytes",
                      "Of a request target (path and query), at most header_bytes; left out, the smaller of "
                      "16KiB and header_bytes",
                      &ListenerLimits::target_bytes, codec);
  result.read = [read = std::move(codec.read)](const Value& value, ListenerLimits& limits) {
    const auto bytes = read(value);
    if (!bytes) return;
    limits.target_bytes = *bytes;
    limits.target_bytes_place = value.key_place();
  };
  return result;
}

Table<ListenerLimits> limits_table() {
  return {
      .doc = "How much a client may ask for",
      .fields = {
          field("header_bytes", "Of a request head", &ListenerLimits::header_bytes, size(kKiB, 1024 * kKiB)),
          field("headers", "Fields in a request head", &ListenerLimits::headers, number32(1, 10'000)),
          target_bytes_field(),
          field("body_bytes", "Of a request body", &ListenerLimits::body_bytes, off_or(size(0, 1ULL << 50))),
          field("connections", "Of clients; auto: bounded by process.max_connections only",
                &ListenerLimits::connections, auto_or(number(1, kManyConnections))),
          field("connections_per_source", "Of one client address", &ListenerLimits::connections_per_source,
                off_or(number(1, kManyConnections))),
          field("requests_per_connection", "After this many the connection is closed",
                &ListenerLimits::requests_per_connection, off_or(number(1, kManyRequests))),
      }};
}

Field<Listener> limits_field() {
  auto result = section("limits", &Listener::limits, limits_table());
  result.read = [read = std::move(result.read)](const Value& value, Listener& listener) {
    read(value, listener);
    ListenerLimits& limits = listener.limits;
    const bool given = limits.target_bytes_place.line != 0;
    if (!given) limits.target_bytes = std::min(limits.target_bytes, limits.header_bytes);
  };
  return result;
}

enum class TraceHeader { traceparent, amazon };

Field<Listener> trace_field() {
  using Headers = std::vector<TraceHeader>;
  return mapped_field<Listener, Headers>(
      "trace", "Trace headers that weir continues or begins",
      off_as({}, list_of(one_of<TraceHeader>(
                     {{"traceparent", TraceHeader::traceparent}, {"x-amzn-trace-id", TraceHeader::amazon}}))),
      [](Listener& listener, Headers headers) {
        listener.traceparent = std::ranges::find(headers, TraceHeader::traceparent) != headers.end();
        listener.amazon_trace_id = std::ranges::find(headers, TraceHeader::amazon) != headers.end();
      },
      [](const Listener& listener) {
        Headers headers;
        if (listener.traceparent) headers.push_back(TraceHeader::traceparent);
        if (listener.amazon_trace_id) headers.push_back(TraceHeader::amazon);
        return headers;
      });
}

}  // namespace

const Table<Listener>& listener_table() {
  static const Table<Listener> table = [] {
    Table<Listener> listener{
        .doc = "An address that accepts clients",
        .fields = {
            required(field("bind", "ADDRESS:PORT or unix:/path, one or a list; port 0 lets the system choose",
                           &Listener::binds, list_of(bind(), ListSize::not_empty))),
            protocol_field(),
            tls_field(),
            http2_field(),
            field("upgrade", "Protocols that a connection may be upgraded to; h2c and TLS never",
                  &Listener::upgrade, off_as({}, list_of(upgrade_token()))),
            field("proxy_protocol",
                  "accept: every connection begins with a header of the PROXY protocol, version 1 or 2",
                  &Listener::proxy_protocol, off_as(false, one_of<bool>({{"accept", true}}))),
            field("desync_mode", "What happens to requests that are suspicious but unambiguous",
                  &Listener::desync_mode,
                  one_of<DesyncMode>({{"monitor", DesyncMode::monitor},
                                      {"defensive", DesyncMode::defensive},
                                      {"strictest", DesyncMode::strictest}})),
            section("forwarded", &Listener::forwarded, forwarded_table()),
            field("request_id", "Send X-Request-Id: kept from trusted clients, else made",
                  &Listener::request_id, boolean()),
            trace_field(),
            section("timeouts", &Listener::timeouts, listener_timeouts_table()),
            limits_field(),
            sources_field(),
            rules_field(),
        }};
    std::ranges::move(action_fields(&Listener::default_action), std::back_inserter(listener.fields));
    return listener;
  }();
  return table;
}

}  // namespace weir::config
