#include "lb/observe/span_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "lb/base/text.h"
#include "lb/http/grpc_status.h"
#include "lb/observe/access_url.h"
#include "lb/observe/json_text.h"

namespace weir::observe {
namespace {

using Text = Span::Text;

// opentelemetry/proto/trace/v1/trace.proto
constexpr int kInternal = 1;
constexpr int kServer = 2;
constexpr int kClient = 3;
constexpr int kStatusError = 2;

constexpr unsigned kClientGone = 460;  // nothing was sent

constexpr std::array<std::string_view, 9> kMethods = {"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                      "CONNECT", "OPTIONS", "TRACE", "PATCH"};

void put(std::string& out, std::string_view text) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + json_room(text.size()), [&](char* bytes, std::size_t) {
    return static_cast<std::size_t>(put_json_text(bytes + before, text) - bytes);
  });
}

template <std::size_t Size>
std::string_view view(const std::array<char, Size>& digits) {
  return {digits.data(), digits.size()};
}

// The members of "attributes". What is empty is left out.
class Attributes {
 public:
  explicit Attributes(std::string& out) : out_(out) { out_ += R"("attributes":[)"; }

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    begin(name);
    out_ += R"("stringValue":")";
    put(out_, value);
    out_ += R"("}})";
  }
  void number(std::string_view name, std::uint64_t value) {
    begin(name);
    fmt::format_to(std::back_inserter(out_), R"("intValue":"{}"}}}})", value);
  }
  void flag(std::string_view name, bool value) {
    begin(name);
    fmt::format_to(std::back_inserter(out_), R"("boolValue":{}}}}})", value);
  }
  void end() { out_ += ']'; }

 private:
  void begin(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    fmt::format_to(std::back_inserter(out_), R"({{"key":"{}","value":{{)", name);
  }

  std::string& out_;
  bool first_ = true;
};

struct Header {
  SpanId id;
  std::optional<SpanId> parent;
  std::string_view name;
  int kind;
  base::WallTime began;
  base::WallTime ended;
};

// Leaves the object open.
void begin_span(std::string& out, const TraceId& trace, const Header& header) {
  fmt::format_to(std::back_inserter(out), R"({{"traceId":"{}","spanId":"{}",)", view(trace), view(header.id));
  if (header.parent) fmt::format_to(std::back_inserter(out), R"("parentSpanId":"{}",)", view(*header.parent));
  out += R"("name":")";
  put(out, header.name);
  fmt::format_to(std::back_inserter(out), R"(","kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}",)",
                 header.kind, header.began.time_since_epoch().count(),
                 header.ended.time_since_epoch().count());
}

void end_span(std::string& out, bool failed, std::string_view message) {
  if (failed) {
    fmt::format_to(std::back_inserter(out), R"(,"status":{{"code":{})", kStatusError);
    if (!message.empty()) {
      out += R"(,"message":")";
      put(out, message);
      out += '"';
    }
    out += '}';
  }
  out += '}';
}

bool is_known(std::string_view method) { return std::ranges::find(kMethods, method) != kMethods.end(); }

struct Authority {
  std::string_view host;
  std::uint16_t port;
};

Authority authority_of(const Span& span) {
  std::string_view host = span.text(Text::authority);
  std::uint16_t port = span.port;
  if (names_port(host)) {
    const std::size_t colon = host.rfind(':');
    const auto named = base::parse_decimal(host.substr(colon + 1));
    if (named && *named <= 65535) port = static_cast<std::uint16_t>(*named);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return {host, port};
}

void add_http(const Span& span, Attributes& attributes) {
  const std::string_view method = span.text(Text::method);
  attributes.text("http.request.method", is_known(method) ? method : "_OTHER");
  if (!is_known(method)) attributes.text("http.request.method_original", method);
  attributes.text("url.scheme", span.text(Text::scheme));
  attributes.text("url.path", span.text(Text::path));
  attributes.text("url.query", span.text(Text::query));
  const Authority authority = authority_of(span);
  attributes.text("server.address", authority.host);
  if (!authority.host.empty() && authority.port != 0) attributes.number("server.port", authority.port);
  attributes.text("client.address", span.text(Text::client));
  attributes.text("network.peer.address", span.text(Text::peer));
  if (span.peer_port != 0) attributes.number("network.peer.port", span.peer_port);
  attributes.text("network.protocol.version", span.text(Text::protocol_version));
  attributes.text("user_agent.original", span.text(Text::user_agent));
  if (span.status != 0 && span.status != kClientGone) {
    attributes.number("http.response.status_code", span.status);
  }
  if (span.grpc_status) {
    attributes.text("rpc.system", "grpc");
    attributes.number("rpc.grpc.status_code", *span.grpc_status);
  }
  attributes.number("http.request.size", span.received_bytes);
  attributes.number("http.response.size", span.sent_bytes);
  const std::string_view reason = span.text(Text::reason);
  if (!reason.empty()) {
    attributes.text("error.type", reason);
  } else if (span.status >= 500) {
    attributes.text("error.type", std::to_string(span.status));
  } else if (span.failed && span.grpc_status) {
    attributes.text("error.type", http::grpc_status_word(*span.grpc_status));
  }
}

void add_own(const Span& span, Attributes& attributes) {
  attributes.text("weir.listener", span.text(Text::listener));
  attributes.text("weir.rule", span.text(Text::rule));
  attributes.text("weir.action", span.text(Text::action));
  attributes.text("weir.request_id", span.text(Text::request_id));
  attributes.text("weir.target_group", span.text(Text::target_group));
  if (span.attempts == 0) return;
  attributes.text("weir.target", span.text(Text::target));
  attributes.text("weir.target_id", span.text(Text::target_id));
  attributes.text("weir.zone", span.text(Text::zone));
  if (span.target_status != 0) attributes.number("weir.target_status", span.target_status);
  attributes.number("weir.attempts", span.attempts);
  attributes.flag("weir.connection_reused", span.connection_reused);
}

void append_stage(std::string& out, const Span& span, const Stage& stage, unsigned number) {
  const bool attempt = stage.failed_try != nullptr;
  out += ',';
  begin_span(out, span.trace,
             {.id = child_id(span.id, number),
              .parent = span.id,
              .name = stage.name,
              .kind = attempt ? kClient : kInternal,
              .began = stage.began,
              .ended = stage.ended});
  Attributes attributes(out);
  std::string_view reason;
  if (attempt) {
    reason = stage.failed_try->reason;
    attributes.text("weir.target", stage.failed_try->target);
    attributes.text("error.type", reason);
  } else if (stage.failed) {
    reason = span.text(Text::reason);
    attributes.text("error.type", reason);
  }
  attributes.end();
  end_span(out, attempt || (stage.failed && span.failed), reason);
}

void append_span(std::string& out, const Span& span) {
  const std::string_view method = span.text(Text::method);
  begin_span(out, span.trace,
             {.id = span.id,
              .parent = span.parent,
              .name = is_known(method) ? method : "HTTP",
              .kind = kServer,
              .began = span.began,
              .ended = span.ended});
  Attributes attributes(out);
  add_http(span, attributes);
  add_own(span, attributes);
  attributes.end();
  end_span(out, span.failed, span.text(Text::reason));
  unsigned number = 0;
  for (const Stage& stage : stages_of(span)) append_stage(out, span, stage, ++number);
}

}  // namespace

SpanId child_id(const SpanId& parent, unsigned number) {
  std::uint64_t bits = 0;
  for (const char digit : parent) {
    bits = bits << 4 | static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
  }
  bits += number * 0x9e3779b97f4a7c15;  // SplitMix64 (Steele, Lea and Flood 2014)
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  SpanId id;
  fmt::format_to_n(id.begin(), id.size(), "{:016x}", bits == 0 ? 1 : bits);  // zeros would be invalid
  return id;
}

std::string otlp_json(const TraceResource& resource, std::span<const Span> spans) {
  std::string out = R"({"resourceSpans":[{"resource":{)";
  out.reserve(2048 * (spans.size() + 1));
  Attributes attributes(out);
  attributes.text("service.name", resource.service_name);
  attributes.text("service.version", resource.service_version);
  attributes.end();
  out += R"(},"scopeSpans":[{"scope":{"name":"weir","version":")";
  put(out, resource.service_version);
  out += R"("},"spans":[)";
  bool first = true;
  for (const Span& span : spans) {
    if (!first) out += ',';
    first = false;
    append_span(out, span);
  }
  out += "]}]}]}";
  return out;
}

}  // namespace weir::observe
