#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/nearest.h"
#include "lb/base/text.h"
#include "lb/net/fd.h"
#include "lb/server/build_info.h"
#include "lb/server/change_commands.h"
#include "lb/server/check_command.h"
#include "lb/server/events_command.h"
#include "lb/server/explain_command.h"
#include "lb/server/plan_command.h"
#include "lb/server/reload_command.h"
#include "lb/server/run_command.h"
#include "lb/server/status_command.h"
#include "lb/server/targets_command.h"
#include "lb/server/top_command.h"

namespace weir::server {
namespace {

constexpr int kUsage = 2;

std::string without_newline(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

// Each command of the line, and what runs when it was given.
class CommandLine {
 public:
  CommandLine() : app_("weir: a layer 7 load balancer and health checker") {
    app_.require_subcommand(1);
    app_.footer("See `weir COMMAND --help` for an example of each.");
    app_.set_version_flag("--version", without_newline(version_text()), "What `weir version` prints");
    add_run();
    add_check();
    add_explain();
    add_plan();
    add_demo();
    add_status();
    add_targets();
    add_top();
    add_events();
    add_register();
    add_target_commands();
    add_zone();
    add_reload();
    add_plain("schema", "Print the JSON Schema of the configuration file", "weir schema > weir.schema.json",
              [] { return schema_command(); });
    add_plain("version", "Print the version, the compiler and the libraries", "weir version", [] {
      fmt::print("{}", version_text());
      return 0;
    });
  }

  int run(int argc, char** argv) {
    if (argc > 1 && !knows(argv[1])) return refuse(argv[1]);
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      return app_.exit(error) == 0 ? 0 : kUsage;
    }
    return command_();
  }

 private:
  bool knows(std::string_view first) const {
    return first.starts_with('-') || std::ranges::find(names_, first) != names_.end();
  }

  int refuse(std::string_view command) const {
    const std::string meant = config::suggest(command, names_);
    fmt::print(stderr, "weir: unknown command '{}'{}{}\nSee `weir --help`.\n", base::escape(command),
               meant.empty() ? "" : "; ", meant);
    return kUsage;
  }

  CLI::App* add(const std::string& name, const std::string& what, const std::string& example,
                std::function<int()> command) {
    CLI::App* const sub = app_.add_subcommand(name, what);
    names_.push_back(name);
    sub->footer("Example:\n  " + example);
    sub->callback([this, command = std::move(command)] { command_ = command; });
    return sub;
  }

  void add_plain(const std::string& name, const std::string& what, const std::string& example,
                 std::function<int()> command) {
    add(name, what, example, std::move(command));
  }

  void add_run() {
    CLI::App* const sub = add("run", "Serve in the foreground, until a signal ends it",
                              "weir run -c /etc/weir/weir.yaml", [this] { return run_command(run_); });
    sub->add_option("-c,--config", run_.file, "The configuration file")->capture_default_str();
  }

  void add_check() {
    CLI::App* const sub =
        add("check", "Print every problem of a configuration file; exit 0 valid, 1 invalid",
            "weir check -c weir.yaml --format json", [this] { return check_command(check_); });
    sub->add_option("-c,--config", check_.file, "The configuration file")->capture_default_str();
    const auto set_format = [this](const std::string& format) {
      check_.format = format == "json" ? CheckOptions::Format::json : CheckOptions::Format::text;
    };
    sub->add_option_function<std::string>("--format", set_format, "How to print: text or json")
        ->check(CLI::IsMember({"text", "json"}));
  }

  void add_explain() {
    CLI::App* const sub =
        add("explain", "Say what becomes of a request: the rules, the target and what it would be sent",
            "weir explain -c weir.yaml -H 'Cookie: beta=1' http://example.com/checkout",
            [this] { return explain_command(explain_); });
    sub->add_option("URL", explain_.url, "http://HOST[:PORT][/PATH][?QUERY]")->required();
    CLI::Option* const file =
        sub->add_option("-c,--config", explain_.file, "By this file alone, instead of by a running weir");
    sub->add_option("-X,--method", explain_.method, "The method")->capture_default_str();
    sub->add_option("-H,--header", explain_.headers, "A header, 'NAME: VALUE'; as often as wanted")
        ->allow_extra_args(false);
    sub->add_option("--from", explain_.from, "The address that the client connects from")
        ->capture_default_str();
    sub->add_option("--listener", explain_.listener, "The listener, where the port does not tell");
    add_admin(sub, explain_.admin, "Print the JSON document");
    sub->get_option("--admin")->excludes(file);
  }

  void add_plan() {
    CLI::App* const sub =
        add("plan", "Say what a reload would change, target by target and rule by rule",
            "weir plan /etc/weir/weir.yaml new.yaml\n  weir plan --admin 127.0.0.1:9900 new.yaml",
            [this] { return plan_command(plan_); });
    sub->add_option("FILES", plan_.files, "Two files, the old and the new; or the new one, for what runs")
        ->option_text("[OLD] NEW")
        ->expected(1, 2)
        ->required();
    add_admin(sub, plan_.admin, "Print the JSON document");
    const CLI::Option* const admin = sub->get_option("--admin");
    sub->parse_complete_callback([this, admin] {
      if (plan_.files.size() > 1 && admin->count() > 0) throw CLI::ExcludesError("--admin", "OLD");
    });
  }

  void add_demo() {
    CLI::App* const sub =
        add("demo", "A load balancer over five built-in time servers in three zones, with users",
            "weir demo --port 8080 --admin-port 9900", [this] { return demo_command(demo_); });
    sub->add_option("--port", demo_.port, "Where the load balancer listens")->capture_default_str();
    sub->add_option("--admin-port", demo_.admin_port, "Where its admin API listens")->capture_default_str();
    sub->add_flag("--no-users", demo_.no_users, "No users of its own, which ask 60 times a second");
  }

  static void add_admin(CLI::App* sub, AdminOptions& options, const std::string& json) {
    sub->add_option("--admin", options.admin, "The admin address, HOST:PORT, http://HOST:PORT or unix:/PATH")
        ->capture_default_str();
    sub->add_option("--token-file", options.token_file, "A file with the token of the admin API");
    sub->add_flag("--json", options.json, json);
  }

  void add_status() {
    CLI::App* const sub = add("status", "Show what a running weir does", "weir status --admin 127.0.0.1:9900",
                              [this] { return status_command(status_); });
    add_admin(sub, status_, "Print the JSON document");
  }

  void add_targets() {
    CLI::App* const sub = add("targets", "Show the targets of a running weir: their health and why",
                              "weir targets app", [this] { return targets_command(targets_); });
    sub->add_option("GROUP", targets_.group, "One target group only");
    add_admin(sub, targets_, "Print the JSON document, with the last probes of each target");
  }

  void add_top() {
    CLI::App* const sub = add("top", "Show what a running weir does, live: rates, errors, latencies, targets",
                              "weir top\n  weir top --once\n  weir top --json | jq .requests",
                              [this] { return top_command(top_); });
    sub->add_flag("--once", top_.once, "Print one table, of the next second; so it is without a terminal");
    add_admin(sub, top_, "Print a line of JSON each second, or one with --once");
  }

  void add_events() {
    CLI::App* const sub = add("events", "Follow what happens in a running weir, a line each",
                              "weir events --after 0", [this] { return events_command(events_); });
    sub->add_option("--after", events_.after,
                    "Begin behind the event of this number; 0: with the oldest that is kept");
    add_admin(sub, events_, "Print each event as a line of JSON");
  }

  void add_register() {
    CLI::App* const sub = add("register", "Add a target to a group of a running weir, or change it",
                              "weir register app 10.0.1.12:8080 --zone az-1 --weight 2",
                              [this] { return register_command(register_); });
    admin::RegisterOptions& what = register_.what;
    sub->add_option("GROUP", what.group, "The target group")->required();
    sub->add_option("TARGET", what.target, "Its address, IP:PORT")->required();
    sub->add_option("--zone", what.zone, "The availability zone that it stands in");
    sub->add_option("--weight", what.weight, "Its share of the traffic, 0-999; 1 unless given");
    sub->add_option("--max-requests", what.max_requests, "How many it gets at the same time");
    sub->add_option("--id", what.id, "Its name in logs and metrics; its address unless given");
    add_admin(sub, register_, "Print the answer as JSON");
  }

  void add_target_command(const std::string& name, const std::string& what,
                          int (*command)(const TargetOptions&)) {
    CLI::App* const sub = add(name, what, fmt::format("weir {} app 10.0.1.12:8080", name),
                              [this, command] { return command(target_); });
    sub->add_option("GROUP", target_.group, "The target group")->required();
    sub->add_option("TARGET", target_.target, "Its address or its id")->required();
    add_admin(sub, target_, "Print the answer as JSON");
  }

  void add_target_commands() {
    add_target_command("deregister", "Take a registered target out of its group, when it has drained",
                       deregister_command);
    add_target_command("drain", "Give a target no new requests; those in flight finish", drain_command);
    add_target_command("undrain", "Give a drained target requests again", undrain_command);
  }

  void add_reload() {
    CLI::App* const reload =
        add("reload", "Read the configuration again now; exit 1: it was refused, the old one stays in force",
            "weir reload --confirm 60s", [this] { return reload_command(reload_); });
    reload->add_option("--confirm", reload_.confirm,
                       "Roll it back unless `weir confirm` comes within this time, 1s to 1d");
    add_admin(reload, reload_, "Print the answer as JSON");
    CLI::App* const confirm = add("confirm", "Keep the configuration that `weir reload --confirm` has loaded",
                                  "weir confirm", [this] { return confirm_command(confirm_); });
    add_admin(confirm, confirm_, "Print the answer as JSON");
  }

  void add_zone() {
    const std::string example = "weir zone shift az-1 --for 30m --reason 'new switches'";
    CLI::App* const zone = add("zone", "Take a zone out of rotation for a time", example, [] { return 0; });
    zone->require_subcommand(1);
    CLI::App* const shift = zone->add_subcommand("shift", "Give the targets of a zone no new requests");
    shift->footer("Example:\n  " + example);
    shift->add_option("ZONE", zone_.what.zone, "The availability zone")->required();
    shift->add_option("--for", zone_.what.time, "How long, 1m to 72h")->required();
    shift->add_option("--reason", zone_.what.reason, "Why; shown wherever the shift is");
    shift->add_flag("--force", zone_.what.force, "Even if no healthy zone is left");
    CLI::App* const unshift = zone->add_subcommand("unshift", "Give them requests again");
    unshift->footer("Example:\n  weir zone unshift az-1");
    unshift->add_option("ZONE", zone_.what.zone, "The availability zone")->required();
    for (CLI::App* const sub : {shift, unshift}) add_admin(sub, zone_, "Print the answer as JSON");
    zone->callback([this, shift] {
      command_ = [this, shifts = shift->parsed()] {
        return shifts ? shift_command(zone_) : unshift_command(zone_);
      };
    });
  }

  CLI::App app_;
  std::vector<std::string> names_;  // of the commands
  std::function<int()> command_;
  RunOptions run_;
  CheckOptions check_;
  ExplainOptions explain_;
  PlanOptions plan_;
  DemoOptions demo_;
  AdminOptions status_;
  TargetsOptions targets_;
  TopOptions top_;
  EventsOptions events_;
  RegisterOptions register_;
  TargetOptions target_;
  ZoneOptions zone_;
  ReloadOptions reload_;
  AdminOptions confirm_;
};

}  // namespace
}  // namespace weir::server

int main(int argc, char** argv) {
  weir::net::occupy_standard_streams();
  try {
    return weir::server::CommandLine().run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return 1;
  }
}
