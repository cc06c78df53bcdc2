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
#include "lb/server/check_command.h"
#include "lb/server/run_command.h"
#include "lb/server/status_command.h"

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
    add_demo();
    add_status();
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
    fmt::print(stderr, "weir: unknown command '{}'; {}\nSee `weir --help`.\n", base::escape(command),
               config::suggest(command, names_));
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

  void add_demo() {
    CLI::App* const sub =
        add("demo", "A load balancer over five built-in time servers in three zones",
            "weir demo --port 8080 --admin-port 9900", [this] { return demo_command(demo_); });
    sub->add_option("--port", demo_.port, "Where the load balancer listens")->capture_default_str();
    sub->add_option("--admin-port", demo_.admin_port, "Where its admin API listens")->capture_default_str();
  }

  void add_status() {
    CLI::App* const sub = add("status", "Show what a running weir does", "weir status --admin 127.0.0.1:9900",
                              [this] { return status_command(status_); });
    sub->add_option("--admin", status_.admin, "Its admin address, HOST:PORT, http://HOST:PORT or unix:/PATH")
        ->capture_default_str();
    sub->add_option("--token-file", status_.token_file, "A file with the token of the admin API");
    sub->add_flag("--json", status_.json, "Print the JSON document");
  }

  CLI::App app_;
  std::vector<std::string> names_;  // of the commands
  std::function<int()> command_;
  RunOptions run_;
  CheckOptions check_;
  DemoOptions demo_;
  StatusOptions status_;
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
