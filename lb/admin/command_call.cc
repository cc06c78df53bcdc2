#include "lb/admin/command_call.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lb/admin/percent.h"

namespace weir::admin {
namespace {

using Json = nlohmann::ordered_json;

Call request(const char* method, std::string path) {
  Call call;
  call.method = method;
  call.path = std::move(path);
  return call;
}

std::string target_path(const std::string& group, const std::string& target) {
  return fmt::format("/api/v1/groups/{}/targets/{}", encode_percent(group), encode_percent(target));
}

std::string shift_path(const std::string& zone) {
  return fmt::format("/api/v1/zones/{}/shift", encode_percent(zone));
}

std::string text(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Call register_call(const RegisterOptions& options) {
  Json body = Json::object();
  if (!options.zone.empty()) body["zone"] = options.zone;
  if (options.weight) body["weight"] = *options.weight;
  if (options.max_requests) body["max_requests"] = *options.max_requests;
  if (!options.id.empty()) body["id"] = options.id;
  Call call = request("PUT", target_path(options.group, options.target));
  call.body = text(body);
  return call;
}

Call deregister_call(const std::string& group, const std::string& target) {
  return request("DELETE", target_path(group, target));
}

Call drain_call(const std::string& group, const std::string& target) {
  return request("POST", target_path(group, target) + "/drain");
}

Call undrain_call(const std::string& group, const std::string& target) {
  return request("DELETE", target_path(group, target) + "/drain");
}

Call shift_call(const ShiftOptions& options) {
  Json body{{"for", options.time}};
  if (!options.reason.empty()) body["reason"] = options.reason;
  if (options.force) body["force"] = true;
  Call call = request("POST", shift_path(options.zone));
  call.body = text(body);
  return call;
}

Call unshift_call(const std::string& zone) { return request("DELETE", shift_path(zone)); }

Call targets_call(const std::string& group, unsigned probes) {
  std::string path = fmt::format("/api/v1/targets?probes={}", probes);
  if (!group.empty()) path += "&group=" + encode_percent(group);
  return request("GET", std::move(path));
}

Call events_call(std::optional<std::uint64_t> after) {
  Call call = request("GET", "/api/v1/events");
  if (after) call.fields.emplace_back("Last-Event-ID", fmt::to_string(*after));
  return call;
}

}  // namespace weir::admin
