#include "lb/observe/span.h"

#include <algorithm>
#include <utility>

#include "lb/base/text.h"

namespace weir::observe {
namespace {

struct Target {
  std::string_view path;
  std::string_view query;
};

Target split(std::string_view request_target) {
  const std::size_t question = request_target.find('?');
  if (question == std::string_view::npos) return {request_target, {}};
  return {request_target.substr(0, question), request_target.substr(question + 1)};
}

std::string_view version_of(std::string_view protocol) {
  const std::size_t slash = protocol.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view version = protocol.substr(slash + 1);
  return version == "2.0" ? "2" : version;  // as OpenTelemetry writes it
}

// Of the last attempt, or of the exchange if there was none, in the order of time.
void add_stages(const Span& span, base::WallTime at, std::vector<Stage>& stages) {
  const std::pair<std::string_view, base::Duration> steps[] = {{"queue", span.times.queue},
                                                               {"connect", span.connect},
                                                               {"request", span.times.request},
                                                               {"first byte", span.first_byte}};
  const bool retried = !span.failed_tries.empty();
  for (const auto& [name, took] : steps) {
    if (retried && name == "queue") continue;
    if (took < base::Duration(0)) {
      if (span.ended > at) stages.push_back({.name = name, .began = at, .ended = span.ended, .failed = true});
      return;
    }
    if (took > base::Duration(0)) stages.push_back({.name = name, .began = at, .ended = at + took});
    at += took;
  }
  if (span.ended > at) {
    const bool cut = !span.text(Span::Text::reason).empty();
    stages.push_back({.name = "body", .began = at, .ended = span.ended, .failed = cut});
  }
}

}  // namespace

void Span::set_texts(const std::array<std::string_view, static_cast<std::size_t>(Text::count_)>& texts) {
  std::size_t size = 0;
  for (const std::string_view text : texts) size += std::min(text.size(), kMostText);
  bytes_.clear();
  bytes_.reserve(size);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    bytes_ += texts[i].substr(0, kMostText);
    ends_[i] = static_cast<std::uint16_t>(bytes_.size());
  }
}

Span make_span(const AccessRecord& record, SpanFacts facts) {
  Span span;
  span.trace = facts.trace;
  span.id = facts.id;
  span.parent = facts.parent;
  span.began = record.time - std::max(record.total, base::Duration(0));
  span.ended = record.time;
  span.times = facts.times;
  span.connect = record.connect;
  span.first_byte = record.first_byte;
  span.failed_tries = std::move(facts.failed_tries);
  span.received_bytes = record.received_bytes;
  span.sent_bytes = record.sent_bytes;
  span.attempts = record.attempts;
  span.status = static_cast<std::uint16_t>(record.status);
  span.target_status = static_cast<std::uint16_t>(record.target_status);
  if (record.grpc_status) span.grpc_status = static_cast<std::uint16_t>(*record.grpc_status);
  span.peer_port = facts.peer_port;
  span.port = static_cast<std::uint16_t>(base::parse_decimal(record.port).value_or(0));
  span.connection_reused = record.target_connection_reused;
  span.failed = facts.failed;
  const Target target = split(record.request_target);
  span.set_texts({record.client->listener, record.client->address, facts.peer, record.target->group,
                  record.target->address, record.target->id, record.target->zone, record.route->rule,
                  record.route->action, record.method, record.scheme(), record.authority, target.path,
                  target.query, version_of(record.protocol), record.user_agent, record.request_id,
                  record.reason});
  return span;
}

std::vector<Stage> stages_of(const Span& span) {
  std::vector<Stage> stages;
  if (span.text(Span::Text::target_group).empty()) return stages;
  base::WallTime at = span.began + span.times.head;
  if (at > span.began) stages.push_back({.name = "head", .began = span.began, .ended = at});
  if (!span.failed_tries.empty()) {
    const base::WallTime first = span.failed_tries.front().began;
    if (first > at) stages.push_back({.name = "queue", .began = at, .ended = first});
    for (const FailedTry& one : span.failed_tries) {
      stages.push_back(
          {.name = "failed attempt", .began = one.began, .ended = one.ended, .failed_try = &one});
    }
    at += std::max(span.times.queue, base::Duration(0));
  }
  add_stages(span, at, stages);
  return stages;
}

}  // namespace weir::observe
