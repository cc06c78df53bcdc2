#include "bench/compare/goal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace weir::bench::compare {
namespace {

constexpr std::size_t kRoundsForOrder = 20;

std::vector<Goal> goal_table() {
  return {
      {.text = "CPU per small GET at most 0.80 of the best", .workload = "small", .limit = 0.80},
      {.text = "CPU per 64 KiB answer at most 0.80 of the best", .workload = "large", .limit = 0.80},
      {.text = "CPU per 1 MiB answer at most 0.85 of the best", .workload = "huge", .limit = 0.85},
      {.text = "CPU per POST of 16 KiB at most 0.80 of the best", .workload = "post", .limit = 0.80},
      {.text = "CPU per connection and request at most 0.90 of the best", .workload = "close", .limit = 0.90},
      {.text = "CPU per HTTPS GET at most 0.90 of the best", .workload = "tls", .limit = 0.90},
      {.text = "CPU per GET by HTTP/2 at most 0.90 of the best", .workload = "h2", .limit = 0.90},
      {.text = "CPU per full handshake (ECDSA) at most that of HAProxy",
       .workload = "handshake",
       .limit = 1.00,
       .rival = Rival::haproxy},
      {.text = "CPU per full handshake (RSA) at most that of HAProxy",
       .workload = "handshake-rsa",
       .limit = 1.00,
       .rival = Rival::haproxy},
      {.text = "CPU per resumed handshake at most that of HAProxy",
       .workload = "resume",
       .limit = 1.00,
       .rival = Rival::haproxy},
      {.text = "memory per idle TLS client at most that of HAProxy",
       .workload = "tls-idle",
       .metric = Metric::bytes_per_client,
       .limit = 1.00,
       .rival = Rival::haproxy,
       .least_rounds = 1},
      {.text = "memory per idle client at most 0.75 of the best",
       .workload = "idle",
       .metric = Metric::bytes_per_client,
       .limit = 0.75,
       .least_rounds = 1},
      {.text = "small requests/s at least 1.15 of the best",
       .workload = "small",
       .metric = Metric::requests_per_second,
       .aim = Aim::at_least,
       .limit = 1.15,
       .counts = proxy_is_the_limit},
      {.text = "p99.9 of small GETs better than the best in 14 of 20 rounds",
       .workload = "latency",
       .metric = Metric::p99_9,
       .aim = Aim::better_in,
       .limit = 0.70,
       .counts = helpers_have_time,
       .least_rounds = kRoundsForOrder},
      {.text = "CPU per small GET at most that of HAProxy at layer 4",
       .workload = "small",
       .limit = 1.00,
       .rival = Rival::layer4},
      {.text = "CPU per small GET of two workers at most 1.10 of one",
       .workload = "workers",
       .limit = 1.10,
       .rival = Rival::one_worker},
  };
}

struct Comparison {
  std::string rival;
  std::vector<Pair> pairs;
  Spread ratio;
};

// Whether `a` leaves weir looking worse than `b` does.
bool harder(const Goal& goal, const Comparison& a, const Comparison& b) {
  return goal.aim == Aim::at_least ? a.ratio.median < b.ratio.median : a.ratio.median > b.ratio.median;
}

// Against the rival that it is hardest against.
std::optional<Comparison> hardest(const Goal& goal, const std::vector<Measurement>& all,
                                  const std::vector<std::string>& rivals) {
  const std::string_view ours = goal.rival == Rival::one_worker ? "weir-2" : "weir";
  std::optional<Comparison> found;
  for (const std::string& rival : rivals) {
    auto pairs = paired(all, goal.workload, ours, rival, goal.metric, goal.counts);
    const auto spread = ratio(pairs);
    if (!spread) continue;
    Comparison comparison{rival, std::move(pairs), *spread};
    if (!found || harder(goal, comparison, *found)) found = std::move(comparison);
  }
  return found;
}

std::vector<std::string> rivals_of(const Goal& goal, const std::vector<std::string>& peers) {
  switch (goal.rival) {
    case Rival::best_proxy: return peers;
    case Rival::haproxy: return {"haproxy"};
    case Rival::layer4: return {"haproxy-tcp"};
    case Rival::one_worker: return {"weir"};
  }
  return {};
}

std::string why_no_pairs(const Goal& goal) {
  if (goal.counts == proxy_is_the_limit)
    return "in no round was the proxy the limit: the load or the target was";
  if (goal.counts == helpers_have_time) return "in no round had load and targets time to spare";
  return "nothing to compare with";
}

std::size_t better_rounds(const std::vector<Pair>& pairs) {
  return static_cast<std::size_t>(
      std::ranges::count_if(pairs, [](const Pair& p) { return p.ours < p.theirs; }));
}

std::string describe(const Goal& goal, const Comparison& found) {
  if (goal.aim == Aim::better_in) {
    return fmt::format("better than {} in {} of {}", found.rival, better_rounds(found.pairs),
                       found.pairs.size());
  }
  return fmt::format("{:.2f} of {} ({:.2f}-{:.2f}, {} {})", found.ratio.median, found.rival,
                     found.ratio.least, found.ratio.most, found.ratio.rounds,
                     found.ratio.rounds == 1 ? "round" : "rounds");
}

bool reached(const Goal& goal, const Comparison& found) {
  switch (goal.aim) {
    case Aim::at_most: return found.ratio.median <= goal.limit;
    case Aim::at_least: return found.ratio.median >= goal.limit;
    case Aim::better_in:
      return static_cast<double>(better_rounds(found.pairs)) >=
             std::ceil(goal.limit * static_cast<double>(found.pairs.size()) - 1e-9);
  }
  return false;
}

Verdict judge_one(const Goal& goal, const std::vector<Measurement>& all,
                  const std::vector<std::string>& peers) {
  const auto found = hardest(goal, all, rivals_of(goal, peers));
  if (!found) return {&goal, Outcome::not_judged, why_no_pairs(goal)};
  std::string measured = describe(goal, *found);
  if (found->pairs.size() < goal.least_rounds) {
    return {&goal, Outcome::not_judged, fmt::format("{}; needs {} rounds", measured, goal.least_rounds)};
  }
  return {&goal, reached(goal, *found) ? Outcome::met : Outcome::missed, std::move(measured)};
}

}  // namespace

const std::vector<Goal>& goals() {
  static const std::vector<Goal> all = goal_table();
  return all;
}

std::vector<Verdict> judge(const std::vector<Measurement>& all, const std::vector<std::string>& peers) {
  std::vector<Verdict> verdicts;
  for (const Goal& goal : goals()) {
    if (std::ranges::find(all, goal.workload, &Measurement::workload) != all.end()) {
      verdicts.push_back(judge_one(goal, all, peers));
    }
  }
  return verdicts;
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::met: return "met";
    case Outcome::missed: return "MISSED";
    case Outcome::not_judged: return "not judged";
  }
  return {};
}

}  // namespace weir::bench::compare
