#include "config/keys/ratios.h"
#include "config/keys/tables.h"
#include "config/keys/texts.h"

namespace weir::config {

using model::CollectorUrl;
using model::CollectorUrlError;
using model::Tracing;

namespace {

constexpr const char* kUrl = "an http URL such as http://127.0.0.1:4318/v1/traces";

void report(const Value& value, std::string_view text, CollectorUrlError error) {
  Report& report = value.report();
  switch (error) {
    case CollectorUrlError::not_a_url:
      return report.add<Message::collector_url>(value.where(), value.expected(kUrl), shown(text));
    case CollectorUrlError::needs_tls: return report.add<Message::collector_tls>(value.where(), shown(text));
    case CollectorUrlError::no_path: return report.add<Message::collector_path>(value.where(), shown(text));
  }
}

Codec<CollectorUrl> collector_url() {
  const auto read = [](const Value& value) -> std::optional<CollectorUrl> {
    const auto text = value.text(kUrl);
    if (!text) return std::nullopt;
    auto url = model::parse_collector_url(*text);
    if (url) return *std::move(url);
    report(value, *text, url.error());
    return std::nullopt;
  };
  return {.expected = kUrl,
          .read = read,
          .write = [](const CollectorUrl& url) { return write_text(url.to_string()); },
          .schema = pattern_schema("^[Hh][Tt][Tt][Pp]://[^/?#@]+/.+$")};
}

}  // namespace

const Table<Tracing>& tracing_table() {
  static const Table<Tracing> table{
      .doc = "Spans of requests, for a collector of OpenTelemetry",
      .fields = {
          field("otlp", "The URL that takes spans as OTLP/HTTP in JSON", &Tracing::otlp,
                off_or(collector_url())),
          field("sample", "The share of traces that is recorded, where no trusted client has decided",
                &Tracing::sample, fractional_percent(0, 100)),
      }};
  return table;
}

}  // namespace weir::config
