#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "bench/backend/backend.h"
#include "bench/command.h"
#include "bench/command_line/option.h"
#include "bench/command_line/units.h"
#include "bench/measure/descriptors.h"
#include "lb/base/text.h"
#include "lb/net/signal.h"

namespace weir::bench {
namespace {

constexpr unsigned kMostThreads = 256;

struct CommandOptions {
  BackendOptions backend;
  std::optional<base::Duration> die_after;
};

// As many requests, or as long.
std::expected<void, std::string> set_life(std::string_view text, CommandOptions& options) {
  if (const auto requests = base::parse_decimal(text); requests && *requests != 0) {
    options.backend.die_after = requests;
  } else if (const auto duration = parse_duration(text); duration && duration->count() != 0) {
    options.die_after = *duration;
  } else {
    return std::unexpected(
        fmt::format("'{}' is neither a number of requests nor a duration like 5s", base::escape(text)));
  }
  return {};
}

std::expected<void, std::string> add_address(std::string_view text, CommandOptions& options) {
  auto address = base::SocketAddress::parse(text);
  if (!address) return std::unexpected(address.error());
  options.backend.listen.push_back(*std::move(address));
  return {};
}

std::expected<ErrorKind, std::string> parse_error_kind(std::string_view text) {
  if (text == "status") return ErrorKind::status;
  if (text == "reset") return ErrorKind::reset;
  if (text == "close") return ErrorKind::close;
  return std::unexpected(fmt::format("'{}' is not one of status, reset and close", base::escape(text)));
}

// As a crash would: nothing is finished, and the kernel closes what is open.
[[noreturn]] void die(std::string_view why) {
  fmt::print(stderr, "weir-bench: the backend dies: {}\n", why);
  std::fflush(nullptr);
  ::_exit(0);
}

int run(const CommandOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const base::SystemClock clock;
  net::Loop loop(clock);
  const net::Signal terminate(loop, SIGTERM, [&] { loop.stop(); });
  const net::Signal interrupt(loop, SIGINT, [&] { loop.stop(); });
  net::Deadline life(loop.timers(), nullptr, [](void*) { die("its time is over"); });
  const auto backend = Backend::start(clock, options.backend, die);
  if (!backend) {
    fmt::print(stderr, "weir-bench: {}\n", backend.error());
    return 1;
  }
  for (const base::SocketAddress& address : (*backend)->addresses()) {
    fmt::print("listening on {}\n", address.to_string());
  }
  std::fflush(stdout);
  if (options.die_after) life.set(clock.now() + *options.die_after);
  loop.run();
  return 0;
}

void add_answer_options(CLI::App& sub, AnswerOptions& answers) {
  add_parsed(sub, "--body", answers.body, parse_body_size,
             "Bytes of an answer: 128, 64KiB, 1MiB; at most 1GiB")
      ->type_name("SIZE")
      ->default_str("128");
  add_parsed(sub, "--status", answers.status, parse_status, "Status of an answer")
      ->type_name("CODE")
      ->default_str("200");
  add_each(
      sub, "--header", [&answers](std::string_view text) { return add_field(text, answers.fields); },
      "A header of every answer, 'Name: value'; may be given several times")
      ->type_name("HEADER");
  sub.add_flag("--chunked", answers.chunked, "Answers do not say their length");
  add_parsed(sub, "--delay", answers.delay, DelayModel::parse,
             "How long an answer takes: 5ms, uniform:1ms-10ms, exponential:5ms, normal:10ms,2ms, "
             "lognormal:5ms,0.5; with ,1%:500ms behind it a share takes longer")
      ->type_name("DELAY");
  add_parsed(sub, "--body-rate", answers.body_rate, parse_size, "Bytes of a body per second")
      ->type_name("SIZE");
}

void add_failure_options(CLI::App& sub, CommandOptions& options) {
  AnswerOptions& answers = options.backend.answers;
  add_parsed(sub, "--error-rate", answers.error_rate, parse_share, "Share of the requests that fail: 1%")
      ->type_name("SHARE");
  add_parsed(sub, "--error-kind", answers.error_kind, parse_error_kind,
             "How they fail: status, reset or close (without an answer)")
      ->type_name("KIND")
      ->default_str("status");
  add_parsed(sub, "--error-status", answers.error_status, parse_status, "Status of those that fail")
      ->type_name("CODE")
      ->default_str("503");
  add_each(
      sub, "--die-after", [&options](std::string_view text) { return set_life(text, options); },
      "Exit, all at once, after so many requests or such a time")
      ->type_name("N|TIME");
  sub.add_flag("--allow-die", answers.allow_die, "GET /die makes it exit all at once");
}

}  // namespace

void add_backend_command(CLI::App& app, Run& chosen) {
  CLI::App* const sub = app.add_subcommand("backend", "Answer HTTP requests at next to no cost, as a target");
  const auto options = std::make_shared<CommandOptions>();
  add_each(
      *sub, "--listen", [options](std::string_view text) { return add_address(text, *options); },
      "Where: 127.0.0.1:8001 (port 0: any) or unix:/path; may be given several times")
      ->type_name("ADDRESS")
      ->required();
  add_answer_options(*sub, options->backend.answers);
  add_failure_options(*sub, *options);
  sub->add_option("--threads", options->backend.threads, "Threads that answer")
      ->default_str("1")
      ->check(CLI::Range(1U, kMostThreads));
  sub->footer(
      "Paths say otherwise: /bytes/N, /delay/D and /status/CODE. A request to upgrade to a WebSocket gets "
      "one\n"
      "that echoes. When it serves it prints a line for each address: listening on 127.0.0.1:8001\n"
      "Example: weir-bench backend --listen 127.0.0.1:8001 --body 1KiB --delay 5ms,1%:500ms");
  sub->callback([options, &chosen] { chosen = [options] { return run(*options); }; });
}

}  // namespace weir::bench
