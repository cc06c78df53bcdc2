#include <fmt/format.h>

#include <algorithm>

#include "bench/load/report.h"
#include "bench/load/verdict.h"

namespace weir::bench {
namespace {

double seconds(base::Duration duration) { return std::chrono::duration<double>(duration).count(); }
double microseconds(base::Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

// With three digits that count: "834 µs", "12.3 ms", "1.02 s"
std::string time_text(base::Duration duration) {
  const double micro = microseconds(duration);
  if (micro < 999.5) return fmt::format("{:.{}f} µs", micro, micro < 99.95 ? 1 : 0);
  if (micro < 999.5e3)
    return fmt::format("{:.{}f} ms", micro / 1e3, micro < 9.995e3 ? 2 : micro < 99.95e3 ? 1 : 0);
  return fmt::format("{:.2f} s", micro / 1e6);
}

std::string bytes_text(double bytes) {
  if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", bytes / 1024);
  if (bytes < 1024. * 1024 * 1024) return fmt::format("{:.1f} MiB", bytes / 1024 / 1024);
  return fmt::format("{:.2f} GiB", bytes / 1024 / 1024 / 1024);
}

void add_head(std::string& text, const LoadPlan& plan, const Outcome& outcome) {
  const Url& first = plan.urls.front().url;
  fmt::format_to(std::back_inserter(text), "{}://{}{}", first.web_socket ? "ws" : "http", first.authority,
                 first.target);
  if (plan.urls.size() > 1) fmt::format_to(std::back_inserter(text), " and {} more", plan.urls.size() - 1);
  fmt::format_to(std::back_inserter(text), ", {} connections, {} thread{}, {:g} s after {:g} s of warm-up, ",
                 plan.connections, plan.threads, plan.threads == 1 ? "" : "s", seconds(outcome.measured),
                 seconds(plan.warmup));
  if (!plan.pace) {
    text += "as fast as answers come\n";
  } else if (plan.pace->from == plan.pace->to) {
    fmt::format_to(std::back_inserter(text), "{:g} requests/s\n", plan.pace->to);
  } else {
    fmt::format_to(std::back_inserter(text), "{:g} to {:g} requests/s\n", plan.pace->from, plan.pace->to);
  }
}

void add_latencies(std::string& text, const LoadPlan& plan, const Latencies& latencies) {
  fmt::format_to(std::back_inserter(text), "latency{}\n",
                 plan.pace ? ", from when each request was due" : "");
  const auto line = [&](std::string_view name, base::Duration value) {
    fmt::format_to(std::back_inserter(text), "  {:<8} {:>10}\n", name, time_text(value));
  };
  line("mean", latencies.mean());
  for (const auto& [name, share] : kPercentiles) {
    std::string label(name);
    std::ranges::replace(label, '_', '.');
    line(label, latencies.at(share));
  }
  line("max", latencies.most());
}

void add_trouble(std::string& text, const LoadPlan& plan, const Tally& tally) {
  const auto line = [&](std::string_view what, std::uint64_t count) {
    if (count != 0) fmt::format_to(std::back_inserter(text), "  {:<24} {:>10}\n", what, count);
  };
  text += "answers\n";
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    line(status == 0 ? "messages" : fmt::format("status {}", status), tally.statuses[status]);
  }
  if (tally.failed() != 0) {
    fmt::format_to(std::back_inserter(text), "failed: {}, without an answer:\n", tally.failed());
    for (std::size_t i = 0; i < tally.failures.size(); ++i) line(wire::reason_words()[i], tally.failures[i]);
    line("unanswered", tally.unanswered);
  }
  if (tally.delayed != 0) {
    fmt::format_to(std::back_inserter(text),
                   "{} requests were due while all {} connections were in use, and waited\n", tally.delayed,
                   plan.connections);
  }
  if (tally.oldest > std::chrono::seconds(1)) {
    fmt::format_to(std::back_inserter(text), "the oldest request without an answer had waited {}\n",
                   time_text(tally.oldest));
  }
}

void add_use(std::string& text, std::string_view who, const ProcessCpu::Times& times,
             const Outcome& outcome) {
  const auto answered = static_cast<double>(std::max<std::uint64_t>(outcome.tally.answered, 1));
  fmt::format_to(std::back_inserter(text),
                 "{}: {:.1f} µs of CPU a request ({:.1f} user, {:.1f} system), {:.0f} % of a core\n", who,
                 microseconds(times.total()) / answered, microseconds(times.user) / answered,
                 microseconds(times.system) / answered,
                 100 * seconds(times.total()) / seconds(outcome.measured));
}

}  // namespace

std::string report_text(const LoadPlan& plan, const Outcome& outcome) {
  const Tally& tally = outcome.tally;
  const double measured = seconds(outcome.measured);
  std::string text;
  add_head(text, plan, outcome);
  fmt::format_to(std::back_inserter(text), "{} requests, {:.0f} requests/s, {}/s received, {}/s sent\n",
                 tally.answered, static_cast<double>(tally.answered) / measured,
                 bytes_text(static_cast<double>(tally.bytes_received) / measured),
                 bytes_text(static_cast<double>(tally.bytes_sent) / measured));
  add_latencies(text, plan, tally.latencies);
  add_trouble(text, plan, tally);
  if (outcome.target) add_use(text, "target", *outcome.target, outcome);
  add_use(text, "load generator", outcome.own, outcome);
  text.append(sentence(limit_of(outcome, plan))).append("\n");
  return text;
}

}  // namespace weir::bench
