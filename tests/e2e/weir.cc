#include "tests/e2e/weir.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <stdexcept>

namespace weir::e2e {
namespace {

std::string replaced(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

bool has_section(const std::string& yaml, const std::string& name) {
  return yaml.starts_with(name + ":") || yaml.find("\n" + name + ":") != std::string::npos;
}

}  // namespace

std::string complete(const std::string& yaml, const std::string& directory) {
  std::string text = yaml;
  if (!has_section(yaml, "admin")) text = "admin: { bind: \"unix:{dir}/admin.sock\" }\n" + text;
  const std::string state = "state_dir: \"{dir}/state\"";
  if (!has_section(yaml, "process")) {
    text += "\nprocess: { " + state + " }\n";
  } else if (yaml.find("state_dir:") == std::string::npos) {
    text = replaced(std::move(text), "process: {", "process: { " + state + ",");
  }
  return replaced(std::move(text), "{dir}", directory);
}

std::string binary() {
  const char* const other = std::getenv("WEIR_BINARY");
  return other != nullptr ? other : WEIR_BINARY;
}

std::string source(std::string_view path) { return WEIR_SOURCE "/" + std::string(path); }

Command command(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), binary());
  return {.arguments = std::move(arguments)};
}

Finished run_weir(std::vector<std::string> arguments) { return run(command(std::move(arguments))); }

Daemon::Daemon(const std::string& yaml, const Options& options)
    : file_(directory_.write("weir.yaml", complete(yaml, directory_.path()))), process_([&] {
        Command start = command({"run", "-c", file_});
        start.descriptors = options.descriptors;
        start.environment = options.environment;
        start.listening = options.listening;
        if (!options.program.empty()) start.arguments[0] = options.program;
        return start;
      }()) {
  admin_ = wait_for_admin();
  const bool ready = eventually([&] {
    try {
      const std::string body = fetch(admin_, "/readyz").body;
      return !body.starts_with("starting") && !body.starts_with("waiting for");
    } catch (const std::exception&) {
      return !process_.running();
    }
  });
  if (!ready || !process_.running()) throw std::runtime_error("weir does not start: " + log());
  listeners_ = status()["listeners"];
}

Daemon::~Daemon() {
  // A sanitizer's report comes at the end.
  if (process_.running()) process_.signal(SIGINT), process_.signal(SIGTERM);
  const auto code = process_.wait(Milliseconds(10'000));
  CHECK_MESSAGE(code.value_or(-1) == 0, "weir ended badly: ", log());
}

std::string Daemon::wait_for_admin() {
  const std::string mark = "admin: listening on ";
  std::string said;
  eventually([&] {
    said = log();
    return said.find(mark) != std::string::npos || !process_.running();
  });
  const std::size_t at = said.find(mark);
  if (at == std::string::npos) throw std::runtime_error("weir does not start: " + log());
  const std::size_t begin = at + mark.size();
  return said.substr(begin, said.find('\n', begin) - begin);
}

std::string Daemon::address(const std::string& listener, std::size_t bind) const {
  for (const Json& one : listeners_) {
    if (one["name"] == listener) return one["binds"][bind];
  }
  throw std::runtime_error("no listener " + listener);
}

Json Daemon::status() const { return Json::parse(admin("/api/v1/status").body); }

std::vector<Json> Daemon::access_log(std::size_t at_least) const {
  eventually([&] { return lines_of(process_.out()).size() >= at_least; });
  return json_lines(process_.out());
}

std::optional<int> Daemon::stop() {
  process_.signal(SIGTERM);
  return process_.wait();
}

std::string web_to(const std::string& target, const std::string& settings) {
  return fmt::format(
      "listeners:\n"
      "  web:\n"
      "    bind: 127.0.0.1:0\n"
      "    forward: app\n"
      "{}"
      "target_groups:\n"
      "  app: {{ targets: [\"{}\"] }}\n",
      settings, target);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) break;
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<Json> json_lines(const std::string& text) {
  std::vector<Json> result;
  for (const std::string& line : lines_of(text)) result.push_back(Json::parse(line));
  return result;
}

}  // namespace weir::e2e
