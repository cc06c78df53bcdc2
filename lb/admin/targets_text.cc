#include "lb/admin/targets_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lb/admin/json_words.h"
#include "lb/admin/table.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

using nlohmann::json;

// "1.2 ms", "2.0 s"
std::string short_time(double seconds) {
  return seconds < 1 ? fmt::format("{:.1f} ms", seconds * 1000) : fmt::format("{:.1f} s", seconds);
}

std::string state_cell(const json& target, const std::string& at) {
  std::string text = word(target.at("state"));
  if (target.at("until").is_string())
    text += ", " + age(seconds_between(at, target.at("until").get<std::string>())) + " left";
  if (const auto sessions = target.find("sessions"); sessions != target.end() && sessions->is_number())
    text += fmt::format(", {} sessions", sessions->get<std::uint64_t>());
  if (target.at("zone_shifted").get<bool>()) text += ", zone shifted";
  return text;
}

// "2", and "0.4 of 2" while a target starts slowly or gets nothing.
std::string weight_cell(const json& target) {
  const double effective = target.at("effective_weight").get<double>();
  const auto weight = target.at("weight").get<std::uint32_t>();
  if (effective == weight) return fmt::to_string(weight);
  return fmt::format("{:.2g} of {}", effective, weight);
}

std::string in_flight_cell(const json& target) {
  std::string text = fmt::to_string(target.at("outstanding").get<std::uint64_t>());
  if (target.at("max_requests").is_number())
    text += fmt::format("/{}", target.at("max_requests").get<std::uint64_t>());
  return text;
}

// "passed, 200 in 1.2 ms, 3s ago", "failed at status, 503 in 2.0 ms, 1s ago: expected 200-399, body "oops""
std::string probe_cell(const json& target, const std::string& at) {
  constexpr std::size_t kShown = 100, kBodyShown = 40;
  if (target.at("probes").empty()) return "none yet";
  const json& probe = target.at("probes").back();
  const bool passed = probe.at("passed").get<bool>();
  std::string text = passed ? "passed," : "failed at " + word(probe.at("phase")) + ",";
  if (const auto status = probe.at("status").get<unsigned>(); status != 0) text += fmt::format(" {}", status);
  text += fmt::format(" in {}, {} ago", short_time(probe.at("took_seconds").get<double>()),
                      age(seconds_between(probe.at("at").get<std::string>(), at)));
  if (passed) return text;
  const auto detail = base::escape(probe.at("detail").get<std::string>(), kShown);
  const auto body = base::escape(probe.at("body_start").get<std::string>(), kBodyShown);
  if (!detail.empty()) text += ": " + detail;
  if (!body.empty()) text += fmt::format("{}body \"{}\"", detail.empty() ? ": " : ", ", body);
  return text;
}

// "app: web.internal: nxdomain, no such name: it has no targets"
std::string name_lines(const json& group, const Paint& paint) {
  std::string text;
  for (const json& name : group.at("names")) {
    const std::string result = word(name.at("result")), reason = word(name.at("reason")),
                      detail = word(name.at("detail"));
    if (result == "ok") continue;
    text += paint.text(
                kRed, fmt::format("{}: {}: {}{}{}{}{}", word(group.at("name")), word(name.at("name")), result,
                                  reason.empty() ? "" : ", ", reason, detail.empty() ? "" : ": ", detail)) +
            "\n";
  }
  return text;
}

std::string group_lines(const json& groups, const Paint& paint) {
  std::string text;
  for (const json& group : groups) {
    const std::string name = word(group.at("name"));
    if (!group.at("ready").get<bool>()) {
      text += paint.text(kRed, name + " waits for its first checks") + "\n";
    } else if (group.at("fail_open").get<bool>() && !group.at("can_serve").get<bool>()) {
      text += paint.text(kRed, fmt::format("{} refuses all requests: only {} of {} healthy", name,
                                           group.at("healthy").get<std::uint32_t>(),
                                           group.at("counted").get<std::uint32_t>())) +
              "\n";
    } else if (group.at("fail_open").get<bool>()) {
      text += paint.text(kRed, fmt::format("{} fails open: only {} of {} healthy, so all get requests", name,
                                           group.at("healthy").get<std::uint32_t>(),
                                           group.at("counted").get<std::uint32_t>())) +
              "\n";
    } else if (!group.at("can_serve").get<bool>()) {
      text += paint.text(kRed, name + " cannot serve: no target may get a request") + "\n";
    }
    text += name_lines(group, paint);
  }
  return text;
}

std::string shift_lines(const json& shifts, const std::string& at, const Paint& paint, std::size_t columns) {
  std::string text;
  for (const json& shift : shifts) {
    const std::string reason = word(shift.at("reason"));
    const double left = seconds_between(at, shift.at("until").get<std::string>());
    const std::string line = fmt::format("zone {} is shifted, {} left{}{}", word(shift.at("zone")), age(left),
                                         reason.empty() ? "" : ": ", reason);
    text += paint.text(kRed, columns == 0 ? line : wrapped(line, columns, "  ")) + "\n";
  }
  return text;
}

Table table_of(const json& groups, const std::string& at) {
  using enum Table::Align;
  Table table({{"GROUP", left, 0, true},
               {"TARGET", left, 0, true},
               {"ZONE", left, 1, true},
               {"STATE"},
               {"REASON", left, 4},
               {"SINCE", right, 2},
               {"WEIGHT", right, 3},
               {"IN FLIGHT", right},
               {"LAST PROBE", left, 5}});
  for (const json& group : groups) {
    for (const json& target : group.at("targets")) {
      table.add({word(group.at("name")), target_cell(target), word(target.at("zone")), state_cell(target, at),
                 word(target.at("reason")), age(seconds_between(target.at("since").get<std::string>(), at)),
                 weight_cell(target), in_flight_cell(target), probe_cell(target, at)});
    }
  }
  return table;
}

// "app web-2 (10.0.0.2:80): Target.ResponseCodeMismatch, failed at status, 503 in 2.0 ms, 1s ago"
std::string reason_lines(const json& groups, const std::string& at, std::size_t columns) {
  std::string text;
  for (const json& group : groups) {
    for (const json& target : group.at("targets")) {
      const std::string reason = word(target.at("reason"));
      if (word(target.at("state")) == "healthy" && reason.empty()) continue;
      text += wrapped(fmt::format("{} {}: {}{}{}", word(group.at("name")), target_cell(target), reason,
                                  reason.empty() ? "last probe " : ", last probe ", probe_cell(target, at)),
                      columns, "  ") +
              "\n";
    }
  }
  return text.empty() ? text : "\n" + text;
}

std::string table(const json& groups, const std::string& at, const Paint& paint, std::size_t columns) {
  const Table table = table_of(groups, at);
  if (table.empty()) return "no targets\n";
  const bool whole = columns == 0 || table.width() <= columns;
  return table.text(paint, columns) + (whole ? "" : reason_lines(groups, at, columns));
}

}  // namespace

std::expected<std::string, std::string> targets_text(std::string_view text, Colour colour,
                                                     std::size_t columns) {
  try {
    const json document = json::parse(text);
    const Paint paint(colour);
    const auto at = document.at("at").get<std::string>();
    const json& groups = document.at("target_groups");
    return group_lines(groups, paint) + shift_lines(document.at("zone_shifts"), at, paint, columns) +
           table(groups, at, paint, columns);
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return std::unexpected("the answer does not tell about targets of weir");
  }
}

}  // namespace weir::admin
