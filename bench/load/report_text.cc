#include <fmt/format.h>

#include <algorithm>

#include "bench/load/report.h"
#include "bench/load/verdict.h"
#include "bench/measure/figures.h"

namespace weir::bench {
namespace {

std::string bytes_text(double bytes) {
  if (bytes < 1024) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", bytes / 1024);
  if (bytes < 1024. * 1024 * 1024) return fmt::format("{:.1f} MiB", bytes / 1024 / 1024);
  return fmt::format("{:.2f} GiB", bytes / 1024 / 1024 / 1024);
}

void add_latencies(std::string& text, const LoadPlan& plan, const Latencies& latencies) {
  if (latencies.count() == 0) return;
  fmt::format_to(std::back_inserter(text), "latency{}\n",
                 plan.pace ? ", from when each request was due" : "");
  const auto line = [&](std::string_view name, base::Duration value) {
    fmt::format_to(std::back_inserter(text), "  {:<8} {:>10}\n", name,
                   format_microseconds(microseconds(value)));
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
  text += tally.answered == 0 ? "no answers\n" : "answers\n";
  for (std::size_t status = 0; status < tally.statuses.size(); ++status) {
    line(status == 0 ? "messages" : fmt::format("status {}", status), tally.statuses[status]);
  }
  if (tally.failed() != 0) {
    fmt::format_to(std::back_inserter(text), "failed: {}\n", tally.failed());
    for (std::size_t i = 0; i < tally.failures.size(); ++i) line(wire::reason_words()[i], tally.failures[i]);
    line("unanswered", tally.unanswered);
    line("upgrade_refused", tally.upgrade_refused);
  }
  if (tally.delayed != 0) {
    fmt::format_to(std::back_inserter(text),
                   "{} requests were due while all {} connections were in use, and waited\n", tally.delayed,
                   plan.connections);
  }
  if (tally.oldest > std::chrono::seconds(1)) {
    fmt::format_to(std::back_inserter(text), "the oldest request without an answer had waited {}\n",
                   format_microseconds(microseconds(tally.oldest)));
  }
}

void add_use(std::string& text, std::string_view who, const ProcessCpu::Times& times,
             const Outcome& outcome) {
  if (outcome.tally.ended == 0) return;
  const auto answered = static_cast<double>(outcome.tally.ended);
  fmt::format_to(std::back_inserter(text),
                 "{}: {:.1f} µs of CPU a request ({:.1f} user, {:.1f} system), {:.0f} % of a core\n", who,
                 microseconds(times.total()) / answered, microseconds(times.user) / answered,
                 microseconds(times.system) / answered,
                 100 * seconds(times.total()) / seconds(outcome.measured));
}

}  // namespace

std::string url_text(const LoadPlan& plan) {
  const Url& first = plan.urls.front().url;
  const std::string text = fmt::format("{}://{}{}", first.scheme(), first.authority, first.target);
  return plan.urls.size() == 1 ? text : fmt::format("{} and {} more", text, plan.urls.size() - 1);
}

std::string load_text(const LoadPlan& plan) {
  const std::string streams =
      plan.http2 ? fmt::format(" of HTTP/2 with {} stream{} each", plan.streams, plan.streams == 1 ? "" : "s")
                 : "";
  const std::string text = fmt::format("{} connections{}, {} thread{}, {:g} s after {:g} s of warm-up, ",
                                       plan.connections, streams, plan.threads, plan.threads == 1 ? "" : "s",
                                       seconds(plan.duration), seconds(plan.warmup));
  if (!plan.pace) return text + "as fast as answers come";
  if (plan.pace->from == plan.pace->to) return fmt::format("{}{:g} requests/s", text, plan.pace->to);
  return fmt::format("{}{:g} to {:g} requests/s", text, plan.pace->from, plan.pace->to);
}

std::string report_text(const LoadPlan& plan, const Outcome& outcome) {
  const Tally& tally = outcome.tally;
  const double measured = seconds(outcome.measured);
  std::string text = fmt::format("{}, {}\n", url_text(plan), load_text(plan));
  fmt::format_to(std::back_inserter(text), "{} requests, {:.0f} requests/s, {}/s received, {}/s sent\n",
                 tally.answered, static_cast<double>(tally.ended) / measured,
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
