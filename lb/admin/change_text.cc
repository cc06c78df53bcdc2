#include "lb/admin/change_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

#include "lb/admin/json_words.h"
#include "lb/admin/words.h"

namespace weir::admin {
namespace {

using nlohmann::json;

// "no new requests, 3 in flight, cut in 300 s"
std::string end_of(const json& target, const std::string& at) {
  const auto outstanding = target.at("outstanding").get<std::uint64_t>();
  if (outstanding == 0) return "no new requests, nothing in flight";
  std::string text = fmt::format("no new requests, {} in flight", outstanding);
  if (target.at("until").is_string()) {
    const double left = seconds_between(at, target.at("until").get<std::string>());
    text += fmt::format(", cut in {:.0f} s", std::max(0.0, std::round(left)));
  }
  return text;
}

std::string registered(const json& target, const std::string& name, bool is_new) {
  const std::string state = word(target.at("state"));
  const auto weight = target.at("weight").get<std::uint32_t>();
  const std::string next =
      state == "initial" ? "it gets requests after its first passed check" : "it is " + state;
  return fmt::format("{} is {}, weight {}: {}", name, is_new ? "registered" : "changed", weight, next);
}

std::string target_line(Change change, unsigned status, const json& document) {
  const json& target = document.at("target");
  const std::string group = word(document.at("target_group"));
  const auto at = document.at("at").get<std::string>();
  if (target.is_null()) return "the target has left " + group;
  const std::string name = fmt::format("{} of {}", word(target.at("address")), group);
  switch (change) {
    case Change::registered: return registered(target, name, status == 201);
    case Change::deregistered: return fmt::format("{} leaves: {}", name, end_of(target, at));
    case Change::drained: return fmt::format("{} drains: {}", name, end_of(target, at));
    default: return fmt::format("{} drains no more: it is {}", name, word(target.at("state")));
  }
}

std::string zone_line(const json& document) {
  const std::string zone = word(document.at("zone"));
  const json& shift = document.at("shift");
  if (shift.is_null()) return fmt::format("zone {} is not shifted: its targets get requests again", zone);
  const double left =
      seconds_between(document.at("at").get<std::string>(), shift.at("until").get<std::string>());
  return fmt::format(
      "zone {} is shifted: its targets get no new requests for {}, or until `weir zone unshift`", zone,
      age(std::round(left)));
}

}  // namespace

std::expected<std::string, std::string> change_text(Change change, const Reply& reply) {
  try {
    const json document = json::parse(reply.body);
    const bool zone = change == Change::shifted || change == Change::unshifted;
    return (zone ? zone_line(document) : target_line(change, reply.status, document)) + "\n";
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return std::unexpected("the answer is none of weir's");
  }
}

}  // namespace weir::admin
