#include "lb/explain/explanation_json.h"

#include <cmath>

#include "lb/admin/group_json.h"
#include "lb/admin/timestamp.h"

namespace weir::explain {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::pair<std::string, std::string>& header);
Json json_of(const CertificateTrace& certificate);
Json json_of(const RuleTrace& rule);
Json json_of(const RewriteTrace& rewrite);
Json json_of(const StickyTrace& sticky);
Json json_of(const TargetTrace& target);
Json json_of(const GroupTrace& group);

// A list of objects, also where there is one member: an initialiser list of one would be that.
template <class Values>
Json list_of(const Values& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(json_of(value));
  return list;
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json();
}

Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }

double rounded(double value) { return std::round(value * 1e6) / 1e6; }

Json json_of(const std::pair<std::string, std::string>& header) {
  return Json::array({header.first, header.second});
}

Json json_of(const CertificateTrace& certificate) {
  return {{"file", certificate.file},
          {"key_type", certificate.key_type},
          {"subject", certificate.subject},
          {"names", certificate.names},
          {"not_after", admin::timestamp(certificate.not_after)}};
}

Json json_of(const TlsTrace& tls) {
  return {{"server_name", or_null(tls.server_name)},
          {"by_name", tls.by_name},
          {"why", tls.why},
          {"certificates", list_of(tls.certificates)}};
}

Json json_of(const RuleTrace& rule) {
  Json failed;
  if (rule.failed) {
    failed = {{"condition", rule.failed->condition},
              {"name", or_null(rule.failed->name)},
              {"seen", or_null(rule.failed->seen)},
              {"wanted", rule.failed->wanted}};
  }
  return {{"name", rule.name},
          {"file", rule.place.file},
          {"line", rule.place.line},
          {"matches", !rule.failed},
          {"failed", std::move(failed)}};
}

Json json_of(const RewriteTrace& rewrite) {
  return {{"part", rewrite.part}, {"from", rewrite.from}, {"to", rewrite.to}};
}

Json json_of(const StickyTrace& sticky) {
  return {{"kind", sticky.kind},
          {"cookie", sticky.cookie},
          {"scope", sticky.scope},
          {"outcome", sticky.outcome},
          {"reason", or_null(sticky.reason)},
          {"age_seconds", sticky.age ? Json(sticky.age->count()) : Json()},
          {"ttl_seconds", sticky.ttl.count()},
          {"target_group", or_null(sticky.target_group)},
          {"target", or_null(sticky.target)},
          {"zone", or_null(sticky.zone)}};
}

Json json_of(const TargetTrace& target) {
  Json excluded;
  if (target.excluded)
    excluded = {{"reason", target.excluded->reason}, {"detail", or_null(target.excluded->detail)}};
  return {{"id", target.id},
          {"address", target.address},
          {"zone", or_null(target.zone)},
          {"state", target.known.state},
          {"reason", or_null(target.known.reason)},
          {"detail", or_null(target.known.detail)},
          {"until", target.known.until ? Json(admin::timestamp(*target.known.until)) : Json()},
          {"weight", target.weight},
          {"effective_weight", rounded(target.effective)},
          {"part", rounded(target.part)},
          {"in_flight", target.in_flight},
          {"max_requests", or_null(target.max_requests)},
          {"score", target.score ? Json(rounded(*target.score)) : Json()},
          {"excluded", std::move(excluded)},
          {"picked", target.picked}};
}

Json json_of(const GroupTrace& group) {
  return {{"name", group.name},
          {"weight", group.weight},
          {"chosen", group.chosen},
          {"algorithm", group.algorithm},
          {"score", group.score},
          {"cross_zone", group.cross_zone},
          {"own_zone", or_null(group.own_zone)},
          {"fail_open", group.fail_open},
          {"targets", list_of(group.targets)}};
}

Json json_of_tls(const ApproachTrace& approach) {
  if (!approach.server_name) return {};
  return {{"server_name", *approach.server_name}, {"verified", approach.verified}};
}

Json json_of(const SentTrace& sent) {
  return {{"target_group", sent.target_group},
          {"target", sent.target},
          {"address", sent.address},
          {"protocol", sent.approach.http2 ? "h2" : "http/1.1"},
          {"tls", json_of_tls(sent.approach)},
          {"proxy_protocol", word(sent.approach.proxy_protocol)},
          {"head", sent.head}};
}

Json json_of(const AnswerTrace& answer) {
  return {
      {"status", answer.status}, {"why", or_null(answer.why)}, {"head", answer.head}, {"body", answer.body}};
}

Json question_json(const Asked& asked) {
  return {{"url", asked.url},
          {"method", asked.method},
          {"headers", list_of(asked.headers)},
          {"from", asked.from}};
}

}  // namespace

std::string to_json(const Explanation& it) {
  Json document;
  document["origin"] = it.origin;
  document["live"] = it.live;
  document["question"] = question_json(it.asked);
  document["listener"] = Json{{"name", it.listener}, {"why", it.listener_why}};
  document["tls"] = it.tls ? json_of(*it.tls) : Json();
  document["client"] = Json{{"address", or_null(it.client)}, {"sources", it.sources}};
  document["request"] = it.client.empty() ? Json() : Json{{"host", it.host}, {"path", it.path}};
  document["rules"] = list_of(it.rules);
  document["rules_behind"] = it.rules_behind;
  document["rule"] = or_null(it.rule);
  document["action"] = or_null(it.action);
  document["rewrites"] = list_of(it.rewrites);
  document["sticky"] = list_of(it.sticky);
  document["target_groups"] = list_of(it.groups);
  document["sent"] = it.sent ? json_of(*it.sent) : Json();
  document["answer"] = it.answer ? json_of(*it.answer) : Json();
  document["notes"] = it.notes;
  return admin::json_text(document) + "\n";
}

}  // namespace weir::explain
