#include "lb/admin/status_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lb/admin/json_words.h"
#include "lb/admin/table.h"
#include "lb/admin/top_words.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

using nlohmann::json;

std::string number(const json& value) { return fmt::to_string(value.get<std::int64_t>()); }

// "-" for a target that has no counters of its own.
std::string counter(const json& value) { return value.is_null() ? "-" : number(value); }

std::string size(const json& value) {
  double bytes = value.get<double>();
  if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
  const char* unit = "";
  for (const char* next : {"KiB", "MiB", "GiB", "TiB", "PiB"}) {
    bytes /= 1024;
    unit = next;
    if (bytes < 1024) break;
  }
  return fmt::format("{:.1f} {}", bytes, unit);
}

std::string daemon_lines(const json& status, const Paint& paint) {
  const json& config = status.at("config");
  const json& process = status.at("process");
  const std::string state = word(status.at("state"));
  std::string text =
      fmt::format("weir {} is {}, pid {}, {} worker{}, up {}\n", word(status.at("version")),
                  paint.text(state == "running" ? kGreen : kRed, state), number(status.at("pid")),
                  number(status.at("workers")), status.at("workers") == 1 ? "" : "s",
                  age(status.at("uptime_seconds").get<double>()));
  text += fmt::format("configuration {} ({}), loaded {}\n", word(config.at("file")), word(config.at("hash")),
                      word(config.at("loaded_at")));
  if (!config.at("last_reload_succeeded").get<bool>()) {
    text +=
        paint.text(kRed, "the last reload was refused or rolled back: the log of the daemon says why") + "\n";
  }
  text += fmt::format("memory {}, {} of {} descriptors, {:.1f} s of CPU time\n",
                      size(process.at("resident_bytes")), number(process.at("open_descriptors")),
                      number(process.at("max_descriptors")), process.at("cpu_seconds").get<double>());
  if (status.at("access_log_dropped").get<std::uint64_t>() != 0) {
    text +=
        paint.text(kRed, number(status.at("access_log_dropped")) + " lines of the access log were dropped") +
        "\n";
  }
  for (const json& old : status.value("old_processes", json::array())) {
    text += fmt::format("the old process {} finishes {} connections, for {} now\n", number(old.at("pid")),
                        number(old.at("connections")), age(old.at("age_seconds").get<double>()));
  }
  return text;
}

// Those that should be renewed by now; none of an older weir.
std::string certificate_lines(const json& listeners, const Paint& paint) {
  constexpr std::size_t kMost = 10;
  std::string text;
  std::size_t found = 0;
  for (const json& listener : listeners) {
    for (const json& one : listener.value("certificates", json::array())) {
      const double left = one.at("expires_in_seconds").get<double>();
      if (left >= kSoonExpired || ++found > kMost) continue;
      text += paint.text(kRed, expiry_text(word(one.at("subject")), word(listener.at("name")), left)) + "\n";
    }
  }
  if (found > kMost) text += paint.text(kRed, fmt::format("and {} more certificates", found - kMost)) + "\n";
  return text;
}

std::string listener_table(const json& listeners, const Paint& paint, std::size_t columns) {
  using enum Table::Align;
  Table table({{"LISTENER", left, 0, true},
               {"BIND"},
               {"PROTO", left, 2},
               {"STATE", left, 1},
               {"CONN", right},
               {"WS", right, 3},
               {"REQUESTS", right},
               {"5XX", right},
               {"IN", right, 5},
               {"OUT", right, 4}});
  for (const json& one : listeners) {
    std::string binds;
    for (const json& bind : one.at("binds")) binds += (binds.empty() ? "" : " ") + word(bind);
    const std::string protocol = base::escape(one.value("protocol", "http"));
    table.add({word(one.at("name")), binds, protocol_label(protocol, one.value("http2", false)),
               word(one.at("state")), number(one.at("connections")), number(one.at("websockets")),
               number(one.at("requests")), number(one.at("responses_5xx")),
               short_size(one.at("received_bytes").get<double>()),
               short_size(one.at("sent_bytes").get<double>())});
  }
  return table.text(paint, columns);
}

std::string group_table(const json& groups, const Paint& paint, std::size_t columns) {
  using enum Table::Align;
  Table table({{"TARGET GROUP", left, 0, true}, {"ALGORITHM", left, 1}, {"HEALTHY", right}, {"NOTE"}});
  for (const json& one : groups) {
    const char* const note = !one.at("ready").get<bool>()      ? "waits for its first checks"
                             : !one.value("can_serve", true)   ? "cannot serve"
                             : one.at("fail_open").get<bool>() ? "fails open: all get requests"
                                                               : "";
    table.add({word(one.at("name")), word(one.at("algorithm")),
               number(one.at("healthy")) + "/" + number(one.at("counted")), note});
  }
  return table.text(paint, columns);
}

std::string shift_lines(const json& shifts, const Paint& paint) {
  std::string text;
  for (const json& shift : shifts) {
    text += paint.text(kRed, fmt::format("zone {} is shifted until {}", word(shift.at("zone")),
                                         word(shift.at("until")))) +
            "\n";
  }
  return text;
}

std::string target_table(const json& groups, const Paint& paint, std::size_t columns) {
  using enum Table::Align;
  Table table({{"GROUP", left, 0, true},
               {"TARGET", left, 0, true},
               {"ZONE", left, 2, true},
               {"STATE"},
               {"WEIGHT", right, 5},
               {"REQUESTS", right, 1},
               {"5XX", right},
               {"IN FLIGHT", right, 3},
               {"CONN", right, 6},
               {"IDLE", right, 7},
               {"ERRORS", right, 4}});
  for (const json& group : groups) {
    for (const json& one : group.at("targets")) {
      const json& connections = one.at("connections");
      table.add({word(group.at("name")), target_cell(one), word(one.at("zone")), word(one.at("state")),
                 number(one.at("weight")), counter(one.at("requests")), counter(one.at("responses_5xx")),
                 number(one.at("outstanding")), counter(connections.at("active")),
                 counter(connections.at("idle")), counter(one.at("connection_errors"))});
    }
    const auto other = group.find("other");  // an older weir has none
    if (other == group.end() || other->is_null()) continue;
    table.add({word(group.at("name")), "other", "", "", "", counter(other->at("requests")),
               counter(other->at("responses_5xx")), "", "", "", counter(other->at("connection_errors"))});
  }
  return table.text(paint, columns);
}

}  // namespace

std::expected<std::string, std::string> status_text(std::string_view text, Colour colour,
                                                    std::size_t columns) {
  try {
    const json status = json::parse(text);
    const Paint paint(colour);
    return daemon_lines(status, paint) + shift_lines(status.at("zone_shifts"), paint) +
           certificate_lines(status.at("listeners"), paint) + "\n" +
           listener_table(status.at("listeners"), paint, columns) + "\n" +
           group_table(status.at("target_groups"), paint, columns) + "\n" +
           target_table(status.at("target_groups"), paint, columns);
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return std::unexpected("the answer is not a status of weir");
  }
}

}  // namespace weir::admin
