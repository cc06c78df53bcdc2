// Counter totals as JSON.

#include <nlohmann/json.hpp>

#include <map>
#include <stdexcept>

#include "lb/observe/totals_sum.h"
#include "lb/server/upgrade_json.h"

namespace weir::server::upgrade {
namespace {

using Json = nlohmann::json;
using observe::Totals;

constexpr const char* kBounds = "latency_bounds";

Json words(const std::vector<observe::WordTotal>& totals) {
  Json json = Json::object();
  for (const auto& [word, count] : totals) json[std::string(word)] = count;
  return json;
}

std::vector<observe::WordTotal> read_words(const Json& json, const char* name) {
  std::vector<observe::WordTotal> totals;
  for (const auto& [word, count] : json.value(name, std::map<std::string, std::uint64_t>())) {
    totals.push_back({observe::kept_word(word), count});
  }
  return totals;
}

Json word_pairs(const std::vector<observe::WordPairTotal>& totals) {
  Json json = Json::array();
  for (const auto& [words, count] : totals) json.push_back({words.first, words.second, count});
  return json;
}

// A version before that did not tell of them has none.
std::vector<observe::WordPairTotal> read_word_pairs(const Json& json, const char* name) {
  std::vector<observe::WordPairTotal> totals;
  for (const Json& one : json.value(name, Json::array())) {
    totals.push_back(
        {{observe::kept_word(one.at(0).get<std::string>()), observe::kept_word(one.at(1).get<std::string>())},
         one.at(2)});
  }
  return totals;
}

std::uint64_t number(const Json& json, const char* name) { return json.value(name, std::uint64_t{0}); }
std::int64_t gauge(const Json& json, const char* name) { return json.value(name, std::int64_t{0}); }

Json to_json(const observe::ListenerTotal& total) {
  Json json{{"kind", "listener"},
            {"listener", total.listener},
            {"received_bytes", total.received_bytes},
            {"sent_bytes", total.sent_bytes},
            {"connections", total.connections},
            {"websockets", total.websockets},
            {"connections_total", total.connections_total},
            {"requests", Json::array()},
            {"errors", words(total.errors)},
            {"rejections", words(total.rejections)},
            {"desync", word_pairs(total.desync)},
            {"tls_handshakes", word_pairs(total.tls_handshakes)},
            {"tls_unserved_names", total.tls_unserved_names},
            {"expects_handshakes", total.expects_handshakes}};
  for (const auto& [status, count] : total.requests) json["requests"].push_back({status, count});
  return json;
}

observe::ListenerTotal read_listener(const Json& json) {
  observe::ListenerTotal total;
  total.listener = json.at("listener");
  total.received_bytes = number(json, "received_bytes");
  total.sent_bytes = number(json, "sent_bytes");
  total.connections = gauge(json, "connections");
  total.websockets = gauge(json, "websockets");
  read_counts(json, "connections_total", total.connections_total);
  for (const Json& one : json.at("requests")) total.requests.push_back({one.at(0), one.at(1)});
  total.errors = read_words(json, "errors");
  total.rejections = read_words(json, "rejections");
  total.desync = read_word_pairs(json, "desync");
  total.tls_handshakes = read_word_pairs(json, "tls_handshakes");
  total.tls_unserved_names = number(json, "tls_unserved_names");
  total.expects_handshakes = json.value("expects_handshakes", false);
  return total;
}

Json to_json(const observe::TargetTotal& total) {
  return {{"kind", "target"},
          {"target_group", total.key.target_group},
          {"zone", total.key.zone},
          {"target", total.key.target},
          {"outstanding", total.outstanding},
          {"active", total.active_connections},
          {"idle", total.idle_connections},
          {"requests", total.requests},
          {"response", upgrade::to_json(total.response)},
          {"connection_errors", words(total.connection_errors)}};
}

observe::TargetTotal read_target_total(const Json& json) {
  observe::TargetTotal total;
  total.key = {json.at("target_group"), json.at("zone"), json.at("target")};
  total.outstanding = gauge(json, "outstanding");
  total.active_connections = gauge(json, "active");
  total.idle_connections = gauge(json, "idle");
  read_counts(json, "requests", total.requests);
  total.response = read_histogram(json.at("response"));
  total.connection_errors = read_words(json, "connection_errors");
  return total;
}

Json to_json(const observe::GroupTotal& total) {
  return {{"kind", "group"},
          {"target_group", total.target_group},
          {"retries", words(total.retries)},
          {"sticky", words(total.sticky)},
          {"retry_budget_exhausted", total.retry_budget_exhausted},
          {"queue_length", total.queue_length},
          {"queue_wait", upgrade::to_json(total.queue_wait)}};
}

observe::GroupTotal read_group_total(const Json& json) {
  return {.target_group = json.at("target_group"),
          .retries = read_words(json, "retries"),
          .sticky = read_words(json, "sticky"),
          .retry_budget_exhausted = number(json, "retry_budget_exhausted"),
          .queue_length = gauge(json, "queue_length"),
          .queue_wait = read_histogram(json.at("queue_wait"))};
}

}  // namespace

Json bounds_member(const observe::LatencyBounds& bounds) { return {{kBounds, bounds}}; }

observe::LatencyBounds read_bounds(const Json& message) {
  if (!message.contains(kBounds)) return observe::LatencyBuckets::usual()->bounds();
  auto bounds = message.at(kBounds).get<observe::LatencyBounds>();
  if (!observe::LatencyBuckets::make(bounds)) throw std::invalid_argument("latency bounds");
  return bounds;
}

Json to_json(const observe::HistogramTotal& total) {
  return {{"buckets", total.buckets}, {"sum", total.sum}};
}

observe::HistogramTotal read_histogram(const Json& json) {
  observe::HistogramTotal total;
  total.buckets = json.value("buckets", total.buckets);
  total.sum = number(json, "sum");
  return total;
}

Json to_json(const observe::SpanCounts& counts) {
  Json json{{"exported", counts.exported}};
  for (std::size_t i = 0; i < counts.lost.size(); ++i) {
    json[std::string(observe::kSpanLossWords[i])] = counts.lost[i];
  }
  return json;
}

observe::SpanCounts read_spans(const Json& json) {
  observe::SpanCounts counts{.exported = number(json, "exported")};
  for (std::size_t i = 0; i < counts.lost.size(); ++i) {
    counts.lost[i] = number(json, std::string(observe::kSpanLossWords[i]).c_str());
  }
  return counts;
}

void write_totals(const Totals& totals, Pieces& to) {
  for (const auto& one : totals.listeners) to.add(to_json(one));
  for (const observe::RouteTotal& one : totals.routes) {
    to.add({{"kind", "route"},
            {"listener", one.listener},
            {"target_group", one.target_group},
            {"duration", to_json(one.duration)},
            {"grpc", word_pairs(one.grpc)},
            {"grpc_failures", words(one.grpc_failures)}});
  }
  for (const observe::RuleTotal& one : totals.rules) {
    to.add({{"kind", "rule"},
            {"listener", one.listener},
            {"rule", one.rule},
            {"requests", one.requests},
            {"sticky", words(one.sticky)}});
  }
  for (const auto& one : totals.groups) to.add(to_json(one));
  for (const auto& one : totals.targets) to.add(to_json(one));
}

void read_totals(const Json& message, Totals& totals) {
  totals.latency_bounds = read_bounds(message);
  for (const Json& one : message.value("entries", Json::array())) {
    const std::string kind = one.value("kind", "");
    if (kind == "listener") totals.listeners.push_back(read_listener(one));
    if (kind == "route") {
      totals.routes.push_back({.listener = one.at("listener"),
                               .target_group = one.at("target_group"),
                               .duration = read_histogram(one.at("duration")),
                               .grpc = read_word_pairs(one, "grpc"),
                               .grpc_failures = read_words(one, "grpc_failures")});
    }
    if (kind == "rule") {
      totals.rules.push_back({.listener = one.at("listener"),
                              .rule = one.at("rule"),
                              .requests = number(one, "requests"),
                              .sticky = read_words(one, "sticky")});
    }
    if (kind == "group") totals.groups.push_back(read_group_total(one));
    if (kind == "target") totals.targets.push_back(read_target_total(one));
  }
}

}  // namespace weir::server::upgrade
