#include "lb/admin/top_frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/admin/table.h"
#include "lb/admin/timestamp.h"
#include "lb/admin/top_words.h"
#include "lb/base/text.h"

namespace weir::admin {
namespace {

constexpr std::size_t kMostFindings = 4;

using Lines = std::vector<std::string>;

using base::escape;

// "22:13:20", UTC
std::string time_of_day(double at) {
  const auto time = base::WallTime(std::chrono::seconds(static_cast<std::int64_t>(at)));
  return timestamp(time).substr(11, 8);
}

std::string daemon_line(const LiveDocument& now) {
  return fmt::format("weir {}, pid {}, {} worker{}, up {}", escape(now.version), now.pid, now.workers,
                     now.workers == 1 ? "" : "s", age(now.at - now.started));
}

// The time stands at the right edge.
std::string first_line(const LiveDocument& now, std::size_t columns) {
  const std::string time = time_of_day(now.at) + " UTC";
  const std::string left = cut(daemon_line(now), columns > time.size() + 2 ? columns - time.size() - 2 : 0);
  const std::size_t taken = width_of(left) + time.size();
  return left + std::string(columns > taken ? columns - taken : 0, ' ') + time;
}

std::string config_line(const LiveDocument& now) {
  const std::string file = now.config_file.empty() ? "none" : escape(now.config_file);
  return fmt::format("configuration {} ({}), loaded {} ago", file, escape(now.config_hash),
                     age(now.at - now.config_loaded));
}

std::string traffic_line(const LiveRates& rates) {
  if (rates.seconds <= 0)
    return fmt::format("{} connections; rates follow in a second", rates.all.connections);
  const ListenerRates& all = rates.all;
  return fmt::format("{} req/s, err/s: weir {} targets {}, p50 {} p95 {} p99 {}, {} conn",
                     short_rate(all.requests), short_rate(all.own_errors), short_rate(all.target_errors),
                     short_latency(all.latencies.p50), short_latency(all.latencies.p95),
                     short_latency(all.latencies.p99), all.connections);
}

std::string finding_of(const GroupRates& one) {
  const LiveGroup& group = one.now;
  const std::string name = escape(group.name);
  if (!group.in_use) return {};
  if (!group.ready) return name + " waits for its first checks";
  if (!group.can_serve) return name + " cannot serve: no target may get a request";
  if (group.fail_open)
    return fmt::format("{} fails open: only {} of {} healthy, so all get requests", name, group.healthy,
                       group.counted);
  if (group.healthy < group.counted)
    return fmt::format("{}: {} of {} healthy", name, group.healthy, group.counted);
  return {};
}

Lines findings(const LiveRates& rates, const TopView& view) {
  Lines found;
  if (!view.notice.empty()) found.push_back(view.notice);
  if (!rates.now.last_reload_succeeded)
    found.emplace_back("the last reload was refused or rolled back: the log of the daemon says why");
  for (const LiveShift& shift : rates.now.zone_shifts) {
    found.push_back(fmt::format("zone {} is shifted, {} left{}{}", escape(shift.zone),
                                age(shift.until - rates.now.at), shift.reason.empty() ? "" : ": ",
                                escape(shift.reason)));
  }
  for (const ListenerRates& one : rates.listeners) {
    if (!one.certificate) continue;
    const double left = one.certificate->expires - rates.now.at;
    if (left < kSoonExpired)
      found.push_back(expiry_text(escape(one.certificate->subject), escape(one.name), left));
  }
  for (const GroupRates& group : rates.target_groups) {
    if (std::string text = finding_of(group); !text.empty()) found.push_back(std::move(text));
  }
  if (found.size() > kMostFindings) {
    const std::size_t more = found.size() - (kMostFindings - 1);
    found.resize(kMostFindings - 1);
    found.push_back(fmt::format("and {} more", more));
  }
  return found;
}

Lines header(const LiveRates& rates, const TopView& view) {
  const Paint paint(view.colour);
  const auto fitted = [&](const std::string& line) { return cut(line, view.columns); };
  Lines lines{first_line(rates.now, view.columns), fitted(config_line(rates.now)),
              paint.text(kBold, fitted(traffic_line(rates)))};
  for (const std::string& finding : findings(rates, view)) lines.push_back(paint.text(kRed, fitted(finding)));
  return lines;
}

std::string footer(const TopView& view, std::size_t shown, std::size_t lines) {
  std::string text = fmt::format("q quit  j/k scroll  s sort: {}  g group: {}", word(view.sort),
                                 view.group.empty() ? "all" : escape(view.group));
  if (shown < lines) text += fmt::format("  lines {}-{} of {}", view.scroll + 1, view.scroll + shown, lines);
  text = cut(text, view.columns);
  text.append(view.columns - width_of(text), ' ');
  return Paint(view.colour).text(kReverse, text);
}

}  // namespace

TopFrame top_frame(const LiveRates& rates, const TopView& view) {
  TopFrame frame{.lines = header(rates, view)};
  const Lines body = top_tables(rates, view);
  if (view.rows == 0) {
    frame.lines.insert(frame.lines.end(), body.begin(), body.end());
    return frame;
  }
  const std::size_t rows = std::max<std::size_t>(view.rows, 2);
  frame.lines.resize(std::min(frame.lines.size(), rows - 1));
  const std::size_t room = rows - 1 - frame.lines.size();
  TopView shown = view;
  frame.most_scroll = body.size() > room ? body.size() - room : 0;
  shown.scroll = std::min(view.scroll, frame.most_scroll);
  const std::size_t count = std::min(room, body.size() - shown.scroll);
  const auto first = body.begin() + static_cast<std::ptrdiff_t>(shown.scroll);
  frame.lines.insert(frame.lines.end(), first, first + static_cast<std::ptrdiff_t>(count));
  frame.lines.resize(rows - 1);
  frame.lines.push_back(footer(shown, count, body.size()));
  return frame;
}

}  // namespace weir::admin
