#include "lb/explain/dry_run.h"

#include <limits>
#include <utility>

#include "lb/proxy/vocabulary.h"
#include "lb/wire/failure.h"

namespace weir::explain {
namespace {

// A request reaches its target, or is answered, within a few turns of the loop; or it waits.
constexpr int kTurns = 32;
constexpr std::uint16_t kClientPort = 40'000;

std::uint32_t outstanding(const proxy::GroupView& view, balance::Slot slot) {
  return (*view.members)[slot]->state->load.outstanding.load(std::memory_order_relaxed);
}

bool has_whole_head(std::string_view bytes) { return bytes.find("\r\n\r\n") != std::string_view::npos; }

// The answer, without the interim ones before it.
std::string_view final_answer(std::string_view bytes) {
  while (bytes.starts_with("HTTP/1.1 1") && !bytes.starts_with("HTTP/1.1 101") && has_whole_head(bytes))
    bytes.remove_prefix(bytes.find("\r\n\r\n") + 4);
  return bytes;
}

using Counts = std::vector<std::uint64_t>;

// The one that has become more; absent: none.
std::optional<std::size_t> risen(const Counts& before, const Counts& after) {
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (after[i] != before[i]) return i;
  }
  return std::nullopt;
}

Counts values(const std::vector<std::shared_ptr<observe::RuleCounters>>& rules) {
  Counts result;
  result.reserve(rules.size());
  for (const auto& rule : rules) result.push_back(rule->requests.value());
  return result;
}

// A PROXY header is left out: the client is who it would name.
proxy::Introduction introduction_of(const model::Listener& listener, const DryRun::Client& client) {
  proxy::Introduction introduction;
  if (!listener.tls) return introduction;
  introduction.plain_on_tls = !client.tls;
  if (!client.tls) return introduction;
  net::TlsFacts facts;
  facts.server_name = net::tls_server_name(client.host).value_or("");
  introduction.tls = std::make_shared<const net::TlsFacts>(std::move(facts));
  return introduction;
}

}  // namespace

DryRun::DryRun(net::Loop& loop, const Setup& setup)
    : loop_(loop),
      registry_(proxy::vocabulary()),
      limits_(std::numeric_limits<std::uint64_t>::max()),
      node_{setup.snapshot->process.server_name, setup.via_token},
      views_(setup.views),
      engine_(loop_, engine_setup(*this, setup)) {
  note_targets();
}

DryRun::~DryRun() {
  stages_.clear();
  engine_.close_idle();
  loop_.settle();
}

proxy::EngineSetup DryRun::engine_setup(DryRun& self, const Setup& setup) {
  proxy::EngineSetup engine;
  engine.registry = &self.registry_;
  engine.limits = &self.limits_;
  engine.pipes = 0;
  engine.keys = setup.keys;
  const auto& groups = setup.snapshot->target_groups;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    model::TargetGroup group = groups[i];
    // Only requests are looked at, as HTTP/1.1 has them; how targets are spoken to is ApproachTrace's.
    group.proxy_protocol = model::SentProxyHeader::off;
    group.http2.reset();
    engine.groups.push_back({std::make_shared<const proxy::GroupSettings>(group),
                             std::make_shared<proxy::GroupShared>(1, group), setup.views.at(i)});
  }
  engine.connect = [&self](net::Loop&, const base::SocketAddress& to) { return self.connect(to); };
  return engine;
}

void DryRun::note_targets() {
  for (std::size_t group = 0; group < views_.size(); ++group) {
    const proxy::Members& members = *views_[group].members;
    for (balance::Slot slot = 0; slot < members.size(); ++slot) {
      if (!members[slot]) continue;
      places_.emplace(members[slot]->settings.address, Place{group, slot, outstanding(views_[group], slot)});
    }
  }
}

// Of the targets at this address the one of which a slot has just been taken.
std::unique_ptr<net::ByteStream> DryRun::connect(const base::SocketAddress& to) {
  const auto [first, last] = places_.equal_range(to);
  for (auto at = first; at != last; ++at) {
    const Place& place = at->second;
    if (outstanding(views_[place.group], place.slot) > place.outstanding) taken_ = place;
  }
  to_target_ = std::make_shared<Recording>();
  return std::make_unique<RecordingStream>(loop_, to_target_);
}

DryRun::Stage& DryRun::stage(const model::Listener& listener) {
  const auto [found, is_new] = stages_.try_emplace(listener.name);
  Stage& stage = found->second;
  if (!is_new) return stage;
  stage.listener = std::make_unique<proxy::Listener>(
      engine_, std::make_shared<proxy::ListenerShared>(),
      engine_.view_of(std::make_shared<const proxy::ListenerSettings>(listener, node_)));
  for (const model::Rule& rule : listener.rules)
    stage.rules.push_back(registry_.rule(0, listener.name, rule.name));
  stage.rules.push_back(registry_.rule(0, listener.name, "default"));
  return stage;
}

DryRun::Outcome DryRun::ask(const model::Listener& listener, const Client& client, std::string request) {
  loop_.run_once(base::Duration(0));  // its time has stood still since the last question
  Stage& its_stage = stage(listener);
  const Counts rules = values(its_stage.rules);
  const Counts errors = its_stage.listener->counters().errors.values();
  const auto to_client = std::make_shared<Recording>();
  to_client->to_read = std::move(request);
  to_target_.reset();
  taken_.reset();
  proxy::Entrance entrance{client.port, client.port == 0 ? "" : std::to_string(client.port)};
  its_stage.listener->adopt(std::make_unique<RecordingStream>(loop_, to_client),
                            base::SocketAddress(client.address, kClientPort), entrance,
                            introduction_of(listener, client));
  const auto sent = [&] { return to_target_ && has_whole_head(to_target_->written); };
  for (int i = 0; i < kTurns && !sent() && !has_whole_head(final_answer(to_client->written)); ++i)
    loop_.run_once(base::Duration(0));

  Outcome outcome;
  outcome.rule = risen(rules, values(its_stage.rules));
  if (sent() && taken_) {
    outcome.sent = Sent{taken_->group, taken_->slot, to_target_->written};
  } else {
    loop_.run_once(base::Duration(0));
    outcome.answered = final_answer(to_client->written);
    const auto why = risen(errors, its_stage.listener->counters().errors.values());
    const auto words = proxy::vocabulary().errors;
    if (why && *why < words.size()) outcome.why = words[*why];
  }
  its_stage.listener->abort();
  engine_.close_idle();
  loop_.settle();
  return outcome;
}

}  // namespace weir::explain
