#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>

#include "bench/command.h"
#include "bench/command_line/header_field.h"
#include "bench/command_line/option.h"
#include "bench/command_line/units.h"
#include "bench/load/plot.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"
#include "bench/load/run.h"
#include "bench/load/run_options.h"
#include "bench/measure/descriptors.h"
#include "bench/measure/interruption.h"
#include "bench/measure/listener_process.h"
#include "lb/base/text.h"
#include "lb/net/fd.h"
#include "lb/net/look_up.h"

namespace weir::bench {
namespace {

constexpr int kUsage = 2;
constexpr int kInterrupted = 130;
constexpr unsigned kSpareDescriptors = 64;

struct CommandOptions {
  RunOptions run;
  std::optional<pid_t> process;
  std::string json;
  std::string plot;
  bool no_progress = false;
};

int refuse(const std::string& message, int code) {
  fmt::print(stderr, "weir-bench run: {}\n", message);
  return code;
}

// A name may have several addresses, and a server may listen on some of them only. If none accepts it is the
// first: the run will say why.
base::SocketAddress first_that_accepts(const std::vector<base::SocketAddress>& addresses) {
  constexpr timeval kPatience{.tv_sec = 1, .tv_usec = 0};
  if (addresses.size() == 1) return addresses.front();
  for (const base::SocketAddress& address : addresses) {
    sockaddr_storage native{};
    const socklen_t length = address.to_native(native);
    const net::Fd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (fd.valid() && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), length) == 0)
      return address;
  }
  return addresses.front();
}

std::expected<LoadPlan, std::string> prepare(const RunOptions& options) {
  auto plan = plan_of(options);
  if (!plan) return plan;
  const auto addresses =
      net::look_up(options.connect.empty() ? plan->urls.front().url.address : options.connect);
  if (!addresses) return std::unexpected(addresses.error());
  plan->address = first_that_accepts(*addresses);
  return plan;
}

// A descriptor for each connection. The error says how many there are.
std::expected<void, std::string> raise_descriptors(unsigned connections) {
  const std::uint64_t wanted = connections + kSpareDescriptors;
  const std::uint64_t limit = raise_descriptor_limit();
  if (limit >= wanted) return {};
  return std::unexpected(fmt::format("--connections: {} need {} open files, and the limit is {} (ulimit -Hn)",
                                     connections, wanted, limit));
}

// Before the run: nobody wants to learn at its end that its figures cannot be kept.
std::expected<void, std::string> check_writable(const std::string& name) {
  if (name.empty() || name == "-" || std::ofstream(name, std::ios::app).is_open()) return {};
  return std::unexpected(fmt::format("cannot write {}: {}", base::escape(name), std::strerror(errno)));
}

std::expected<void, std::string> write_file(const std::string& name, const std::string& text) {
  std::ofstream file(name);
  file << text;
  if (file.flush().good()) return {};
  return std::unexpected(fmt::format("cannot write {}: {}", base::escape(name), std::strerror(errno)));
}

// What was measured, to where it was asked for.
std::expected<void, std::string> report(const CommandOptions& options, const LoadPlan& plan,
                                        const Outcome& outcome) {
  const std::string json = options.json.empty() ? "" : report_json(plan, outcome).dump(2) + "\n";
  fmt::print("{}", options.json == "-" ? json : report_text(plan, outcome));
  if (!options.json.empty() && options.json != "-") {
    if (const auto written = write_file(options.json, json); !written) return written;
  }
  if (options.plot.empty()) return {};
  return write_file(options.plot, plot_svg(plan, outcome));
}

int run_load(const CommandOptions& options) {
  const auto plan = prepare(options.run);
  if (!plan) return refuse(plan.error(), kUsage);
  for (const std::string& name : {options.json, options.plot}) {
    if (const auto writable = check_writable(name); !writable) return refuse(writable.error(), kUsage);
  }
  if (const auto raised = raise_descriptors(plan->connections); !raised)
    return refuse(raised.error(), kUsage);

  if (options.process && !ProcessCpu(*options.process).now()) {
    return refuse(fmt::format("--process: there is no process {}", *options.process), kUsage);
  }
  const auto process = options.process ? options.process : listener_process(plan->address);
  expect_interruption();
  Outcome outcome;
  {
    Progress progress(!options.no_progress);
    outcome =
        run(*plan, {process, [&](double part, std::uint64_t answered) { progress.show(part, answered); }});
  }
  if (const auto reported = report(options, *plan, outcome); !reported) return refuse(reported.error(), 1);
  if (interrupted()) return kInterrupted;
  return outcome.tally.answered == 0 ? 1 : 0;
}

std::expected<void, std::string> add_url(RunOptions& run, std::string_view text) {
  auto url = parse_url(text);
  if (!url) return std::unexpected(url.error());
  run.urls.push_back(std::move(*url));
  return {};
}

std::expected<void, std::string> add_field(RunOptions& run, std::string_view text) {
  auto field = parse_header_field(text);
  if (!field) return std::unexpected(field.error());
  run.fields.push_back(std::move(*field));
  return {};
}

std::expected<void, std::string> add_fields_of(RunOptions& run, std::string_view name) {
  std::ifstream file{std::string(name)};
  if (!file.is_open() || file.peek() == std::ifstream::traits_type::eof()) {
    return std::unexpected(fmt::format("cannot read {}, or it is empty", base::escape(name)));
  }
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (base::trim(line).empty()) continue;
    if (const auto added = add_field(run, line); !added) {
      return std::unexpected(fmt::format("{}:{}: {}", base::escape(name), number, added.error()));
    }
  }
  return {};
}

void add_load_options(CLI::App& sub, RunOptions& run) {
  add_each(
      sub, "url", [&run](std::string_view text) { return add_url(run, text); },
      "Where requests go, http://HOST[:PORT]/PATH or https://, or ws:// and wss:// for WebSocket messages; "
      "several share the load")
      ->required()
      ->allow_extra_args();
  sub.add_option("--weights", run.weights, "Of the URLs, in their order: 3,1")->delimiter(',');
  sub.add_option("--connect", run.connect, "Connect to HOST:PORT or unix:/PATH instead of the URLs' hosts");
  sub.add_option("-c,--connections", run.connections,
                 "Connections, each of one virtual user, or of as many as --streams says")
      ->capture_default_str();
  sub.add_option("-t,--threads", run.threads, "Threads that the users are shared out to")
      ->capture_default_str();
  add_parsed(sub, "-d,--duration", run.duration, parse_duration, "How long to measure; default 10s");
  add_parsed(sub, "--warmup", run.warmup, parse_duration, "Load before that, not measured; default 1s");
  add_parsed(sub, "--timeout", run.timeout, parse_duration,
             "To connect, for an answer, and between its pieces; default 10s");
  add_parsed(
      sub, "--rate", run.rate, parse_rate,
      "Open loop: so many requests a second are due, and latencies count from then; 1000-5000 is a ramp");
}

void add_request_options(CLI::App& sub, RunOptions& run) {
  sub.add_option("--method", run.method, "The method; default GET, or POST with a body");
  add_parsed(sub, "--body", run.body, parse_size,
             "A body of this size with each request (of a message, for ws://)");
  sub.add_option("--body-file", run.body_file, "The body from a file");
  add_each(
      sub, "-H,--header", [&run](std::string_view text) { return add_field(run, text); },
      "Another header field, 'Name: value'");
  add_each(
      sub, "--header-file", [&run](std::string_view name) { return add_fields_of(run, name); },
      "Header fields from a file, one in a line");
  sub.add_flag("--http2", run.http2, "Speak HTTP/2: as ALPN has it with https://, else at once");
  sub.add_option("--streams", run.streams, "With --http2: virtual users of each connection; default 1");
  sub.add_flag("--resume", run.resume,
               "Resume TLS sessions; default: each handshake is a full one. Certificates are never verified");
  sub.add_flag("--close", run.close, "A new connection for each request");
  sub.add_flag("--cookies", run.cookies, "Each virtual user keeps the cookies that it gets");
}

}  // namespace

void add_run_command(CLI::App& app, Run& chosen) {
  CLI::App* const sub = app.add_subcommand("run", "Put load on a server, and report latencies and errors");
  sub->footer("Example:\n  weir-bench run http://127.0.0.1:8080/ -c 100 -d 30s --rate 2000");
  const auto options = std::make_shared<CommandOptions>();
  add_load_options(*sub, options->run);
  add_request_options(*sub, options->run);
  sub->add_option("--process", options->process,
                  "Measure the processor time of this process and its descendants; default: who listens, on "
                  "this machine");
  sub->add_option("--json", options->json,
                  "Write the figures to this file; - is standard output, without the text");
  sub->add_option("--plot", options->plot, "Draw the latencies by their percentiles into this SVG file");
  sub->add_flag("--no-progress", options->no_progress, "Show no progress bar");
  sub->callback([&chosen, options] { chosen = [options] { return run_load(*options); }; });
}

}  // namespace weir::bench
