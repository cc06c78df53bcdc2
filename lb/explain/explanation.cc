#include "lb/explain/explanation.h"

#include <fmt/format.h>

#include <algorithm>

#include "lb/explain/read_request.h"
#include "lb/http/client_address.h"
#include "lb/http/desync.h"
#include "lb/routing/rewrite.h"
#include "lb/routing/sources.h"
#include "lb/sticky/decision.h"

namespace weir::explain {
namespace {

std::string_view word(const model::Action& action) {
  if (std::holds_alternative<model::RedirectAction>(action)) return "redirect";
  return std::holds_alternative<model::RespondAction>(action) ? "respond" : "forward";
}

class Explainer {
 public:
  Explainer(const World& world, Question question, const ListenerChoice& choice, net::Loop& loop)
      : world_(world),
        question_(std::move(question)),
        listener_(*choice.listener),
        port_(choice.port),
        loop_(loop),
        bytes_(question_.bytes()),
        request_(listener_, bytes_),
        facts_(base::Random::from_system().next()) {
    result_.origin = world.origin;
    result_.live = world.live;
    result_.asked = question_.asked;
    result_.listener = listener_.name;
    result_.listener_why = choice.why;
    result_.sources = sources();
  }

  Explanation run() {
    look_at_certificates();
    if (request_.whole()) look_at_rules();
    const DryRun::Outcome outcome = rehearse();
    take(outcome);
    note_entrance();
    note_desync();
    return std::move(result_);
  }

 private:
  std::string sources() const {
    if (listener_.sources.allow.empty() && listener_.sources.deny.empty()) return "off";
    return routing::SourceFilter(listener_.sources).allows(question_.from) ? "allowed" : "denied";
  }

  void look_at_certificates() {
    if (!question_.tls || !listener_.tls || !world_.certificates) return;
    if (const auto* const certificates = world_.certificates(listener_.name)) {
      result_.tls = trace_certificates(*listener_.tls, *certificates, question_.host);
    } else {
      result_.notes.push_back("The listener's certificates are not known: " + world_.certificates_error +
                              ".");
    }
  }

  void look_at_rules() {
    const auto client =
        http::client_address(question_.from, request_.head().fields, listener_.forwarded.trust);
    facts_.begin(request_.head(), client);
    result_.client = client.to_string();
    result_.host = facts_.host();
    result_.path = facts_.path();
    result_.rules = trace_rules(listener_, facts_);
    const bool met = !result_.rules.empty() && !result_.rules.back().failed;
    rule_ = met ? &listener_.rules[result_.rules.size() - 1] : nullptr;
    result_.rules_behind = listener_.rules.size() - result_.rules.size();
  }

  const model::Action& action() const { return rule_ == nullptr ? listener_.default_action : rule_->action; }

  // Of all groups only those matter that the action names.
  DryRun::Outcome rehearse() {
    DryRun::Setup setup{.snapshot = std::make_shared<const model::Snapshot>(only_this_listener()),
                        .views = {},
                        .keys = keys_or_new(world_.keys),
                        .via_token = world_.via_token};
    for (const model::TargetGroup& group : setup.snapshot->target_groups) {
      known_.push_back(model::forwards_to(action(), group.name) ? world_.group(group) : empty_group(group));
      setup.views.push_back(known_.back().view);
    }
    snapshot_ = setup.snapshot;
    trace_groups();  // before the dry run: it takes a slot
    DryRun dry_run(loop_, setup);
    return dry_run.ask(snapshot_->listeners.front(), {question_.from, port_, question_.tls, question_.host},
                       bytes_);
  }

  model::Snapshot only_this_listener() const {
    model::Snapshot snapshot;
    snapshot.process = world_.snapshot->process;
    snapshot.listeners.push_back(listener_);
    for (const model::TargetGroup& group : world_.snapshot->target_groups) {
      if (!model::forwards_to(listener_, group.name)) continue;
      snapshot.target_groups.push_back(group);
    }
    return snapshot;
  }

  void trace_groups() {
    const auto* const forward = std::get_if<model::ForwardAction>(&action());
    if (forward == nullptr || !request_.whole()) return;
    if (forward->stickiness) {
      result_.sticky.push_back(trace_rule_cookie(cookie_reader(), listener_.name,
                                                 rule_ == nullptr ? "default" : rule_->name, *forward));
    }
    for (const model::WeightedGroup& weighted : forward->groups) {
      const auto at =
          std::ranges::find(snapshot_->target_groups, weighted.target_group, &model::TargetGroup::name);
      const KnownGroup& known = known_[static_cast<std::size_t>(at - snapshot_->target_groups.begin())];
      GroupTrace& trace =
          result_.groups.emplace_back(trace_group(*at, known, snapshot_->process.zone, loop_.clock().now()));
      trace.weight = weighted.weight;
      if (at->stickiness) result_.sticky.push_back(trace_group_cookie(cookie_reader(), *at, known, trace));
    }
  }

  CookieReader cookie_reader() {
    const auto now = std::chrono::floor<std::chrono::seconds>(loop_.clock().wall().time_since_epoch());
    return {world_.keys, world_.keys_error, request_.head().fields, now.count()};
  }

  void take(const DryRun::Outcome& outcome) {
    if (outcome.rule) {
      result_.rule = rule_ == nullptr ? "default" : rule_->name;
      result_.action = word(action());
      note_rewrites();
    } else {
      forget_rules();
    }
    if (outcome.sent) {
      take_sent(*outcome.sent);
    } else if (!outcome.waits()) {
      result_.answer = answer_of(outcome);
    } else {
      result_.notes.emplace_back("Every target is at its max_requests: the request waits for its turn.");
    }
  }

  // The request is refused before any rule is asked.
  void forget_rules() {
    result_.rules.clear();
    result_.rules_behind = listener_.rules.size();
    result_.groups.clear();
    result_.sticky.clear();
  }

  void take_sent(const DryRun::Sent& sent) {
    const model::TargetGroup& group = snapshot_->target_groups[sent.group];
    const model::Target& target = (*known_[sent.group].view.members)[sent.slot]->settings;
    HeadLines head = lines_of(sent.bytes);
    ApproachTrace approach = trace_approach(group, target, field_of(head, "Host"));
    if (approach.http2 && to_http2(head).upgrade)
      result_.notes.emplace_back(
          "The target is spoken to by HTTP/2: the request to upgrade is not passed on.");
    result_.sent = {group.name, target.id, target.address.to_string(), std::move(approach), std::move(head)};
    for (GroupTrace& trace : result_.groups) {
      if (trace.name != group.name) continue;
      trace.chosen = true;
      const auto picked = std::ranges::find(trace.targets, target.id, &TargetTrace::id);
      if (picked != trace.targets.end()) picked->picked = true;
    }
    note_choice(group);
    if (listener_.request_id || listener_.traceparent || listener_.amazon_trace_id)
      result_.notes.emplace_back("Ids that weir makes are made anew for every request.");
  }

  void note_choice(const model::TargetGroup& group) {
    std::size_t candidates = 0, groups = 0;
    for (const GroupTrace& trace : result_.groups) {
      groups += trace.weight != 0 ? 1 : 0;
      if (trace.name != group.name) continue;
      for (const TargetTrace& target : trace.targets) candidates += target.excluded ? 0 : 1;
    }
    if (groups > 1 && !keeps("rule"))
      result_.notes.emplace_back("The next request may go to another of these groups.");
    if (candidates > 1 && !keeps("target_group"))
      result_.notes.emplace_back("The next request may go to another candidate of the group.");
    if (!world_.live && !group.dns_targets.empty())
      result_.notes.emplace_back("Names are not looked up here: 0.0.0.0 stands for the address of each.");
  }

  // Whether a cookie has decided.
  bool keeps(std::string_view kind) const {
    return std::ranges::any_of(result_.sticky, [&](const StickyTrace& trace) {
      return trace.kind == kind && trace.outcome == word(sticky::Outcome::kept);
    });
  }

  void note_rewrites() {
    if (rule_ == nullptr || rule_->rewrite.empty() || result_.action != "forward") return;
    const http::RequestHead& head = request_.head();
    const auto rewritten = routing::rewrite(rule_->rewrite, head.authority(), head.target());
    if (!rewritten) {
      result_.notes.push_back(fmt::format("The rewrite fails: {}.", to_string(rewritten.error())));
      return;
    }
    if (rewritten->authority)
      result_.rewrites.push_back({"host", std::string(head.authority()), *rewritten->authority});
    if (rewritten->target)
      result_.rewrites.push_back({"path", std::string(head.target()), *rewritten->target});
  }

  // What comes before HTTP.
  void note_entrance() {
    if (question_.tls && !listener_.tls)
      result_.notes.emplace_back(
          "The listener has no TLS: what stands before it has to end that of the client.");
    if (listener_.proxy_protocol)
      result_.notes.emplace_back("The client is who the PROXY header of the connection names.");
    if (listener_.tls && listener_.tls->client_auth &&
        listener_.tls->client_auth->mode == model::ClientAuth::Mode::required && question_.tls)
      result_.notes.emplace_back("Only a client with a certificate comes this far (client_auth: required).");
  }

  void note_desync() {
    if (!request_.whole()) return;
    const http::Classification odd = http::classify(request_.head());
    if (odd.desync == http::DesyncClass::none) return;
    result_.notes.push_back(fmt::format("The request is {} ({}): desync_mode decides about it.",
                                        http::to_string(odd.desync), http::traits(odd.reason).reason));
  }

  const World& world_;
  const Question question_;
  const model::Listener& listener_;
  const std::uint16_t port_;
  net::Loop& loop_;
  const std::string bytes_;
  ReadRequest request_;
  routing::Facts facts_;
  const model::Rule* rule_ = nullptr;  // null: the default action
  std::shared_ptr<const model::Snapshot> snapshot_;
  std::vector<KnownGroup> known_;  // of its groups
  Explanation result_;
};

}  // namespace

std::expected<Explanation, QuestionError> explain(const World& world, const Asked& asked, net::Loop& loop) {
  auto question = read_question(asked);
  if (!question) return std::unexpected(question.error());
  const auto choice = choose_listener(world, *question);
  if (!choice) return std::unexpected(choice.error());
  loop.run_once(base::Duration(0));  // its time has stood still since the last question
  return Explainer(world, *std::move(question), *choice, loop).run();
}

}  // namespace weir::explain
