#include "lb/admin/status_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "lb/admin/table.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

using nlohmann::json;

constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

class Paint {
 public:
  explicit Paint(Colour colour) : on_(colour == Colour::on) {}
  std::string_view operator()(std::string_view code) const { return on_ ? code : std::string_view(); }
  std::string text(std::string_view code, std::string_view text) const {
    return fmt::format("{}{}{}", (*this)(code), text, (*this)(kPlain));
  }

 private:
  bool on_;
};

std::string word(const json& value) { return base::escape(value.get<std::string>()); }

std::string number(const json& value) { return fmt::to_string(value.get<std::int64_t>()); }

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

// The two largest units that matter: "3d 4h", "12m 5s".
std::string age(double seconds) {
  const auto whole = static_cast<std::int64_t>(seconds);
  const std::int64_t days = whole / 86400, hours = whole / 3600 % 24, minutes = whole / 60 % 60;
  if (days > 0) return fmt::format("{}d {}h", days, hours);
  if (hours > 0) return fmt::format("{}h {}m", hours, minutes);
  if (minutes > 0) return fmt::format("{}m {}s", minutes, whole % 60);
  return fmt::format("{}s", whole);
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
    text += paint.text(kRed, "the last reload was refused: the log of the daemon says why") + "\n";
  }
  text += fmt::format("memory {}, {} of {} descriptors, {:.1f} s of CPU time\n",
                      size(process.at("resident_bytes")), number(process.at("open_descriptors")),
                      number(process.at("max_descriptors")), process.at("cpu_seconds").get<double>());
  if (status.at("access_log_dropped").get<std::uint64_t>() != 0) {
    text +=
        paint.text(kRed, number(status.at("access_log_dropped")) + " lines of the access log were dropped") +
        "\n";
  }
  return text;
}

std::string listener_table(const json& listeners, const Paint& paint) {
  using enum Table::Align;
  Table table({{"LISTENER"},
               {"BIND"},
               {"STATE"},
               {"CONNECTIONS", right},
               {"WEBSOCKETS", right},
               {"REQUESTS", right},
               {"5XX", right},
               {"RECEIVED", right},
               {"SENT", right}});
  for (const json& one : listeners) {
    std::string binds;
    for (const json& bind : one.at("binds")) binds += (binds.empty() ? "" : " ") + word(bind);
    table.add({word(one.at("name")), binds, word(one.at("state")), number(one.at("connections")),
               number(one.at("websockets")), number(one.at("requests")), number(one.at("responses_5xx")),
               size(one.at("received_bytes")), size(one.at("sent_bytes"))});
  }
  return table.text(paint(kBold), paint(kPlain));
}

std::string target_table(const json& groups, const Paint& paint) {
  using enum Table::Align;
  Table table({{"TARGET GROUP"},
               {"TARGET"},
               {"ADDRESS"},
               {"ZONE"},
               {"WEIGHT", right},
               {"REQUESTS", right},
               {"5XX", right},
               {"OUTSTANDING", right},
               {"ACTIVE", right},
               {"IDLE", right},
               {"ERRORS", right}});
  for (const json& group : groups) {
    for (const json& one : group.at("targets")) {
      const json& connections = one.at("connections");
      table.add({word(group.at("name")), word(one.at("id")), word(one.at("address")), word(one.at("zone")),
                 number(one.at("weight")), number(one.at("requests")), number(one.at("responses_5xx")),
                 number(one.at("outstanding")), number(connections.at("active")),
                 number(connections.at("idle")), number(one.at("connection_errors"))});
    }
  }
  return table.text(paint(kBold), paint(kPlain));
}

}  // namespace

std::expected<std::string, std::string> status_text(std::string_view text, Colour colour) {
  try {
    const json status = json::parse(text);
    const Paint paint(colour);
    return daemon_lines(status, paint) + "\n" + listener_table(status.at("listeners"), paint) + "\n" +
           target_table(status.at("target_groups"), paint);
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return std::unexpected("the answer is not a status of weir");
  }
}

}  // namespace weir::admin
