#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "tests/support/connection.h"
#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

// The built daemon as a black box.
namespace weir::e2e {

using Json = nlohmann::json;
using namespace weir::test;

// Whether a sanitizer makes memory and time tell nothing.
#ifdef WEIR_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// The built binary.
std::string binary();
// A file of the source tree.
std::string source(std::string_view path);
// The Python for which Debian's modules are installed.
inline constexpr const char* kPython = "/usr/bin/python3";

// `weir` with these arguments.
Command command(std::vector<std::string> arguments);
Finished run_weir(std::vector<std::string> arguments);

// What the file of a Daemon becomes.
std::string complete(const std::string& yaml, const std::string& directory);

// What keeps a weir that is no Daemon from using the state directory of the machine, at the end of its file.
inline constexpr const char* kNoState = "process: { state_dir: off }\n";

// `weir run` with a file, serving when the constructor returns; with a unix socket as its admin listener,
// and a state directory of its own, unless the file has them. In the file, {dir} is a directory that lives as
// long as the daemon.
class Daemon {
 public:
  struct Options {
    std::optional<std::uint64_t> descriptors{};
    std::string program{};  // empty: the built binary
    std::vector<std::pair<std::string, std::string>> environment{};
    std::vector<int> listening{};
  };
  explicit Daemon(const std::string& yaml) : Daemon(yaml, Options{}) {}
  Daemon(const std::string& yaml, const Options& options);
  ~Daemon();

  // Where a listener really listens; it has to be running.
  std::string address(const std::string& listener = "web", std::size_t bind = 0) const;
  const std::string& admin_address() const { return admin_; }
  Answer admin(const std::string& path) const { return fetch(admin_, path); }
  Json status() const;

  Process& process() { return process_; }
  const TemporaryDirectory& directory() const { return directory_; }
  const std::string& file() const { return file_; }
  // What it said on stderr.
  std::string log() const { return process_.err(); }
  // What it wrote to stdout as its access log. Waits until there are so many lines.
  std::vector<Json> access_log(std::size_t at_least = 0) const;

  // SIGTERM, and then its exit code.
  std::optional<int> stop();

 private:
  std::string wait_for_admin();

  TemporaryDirectory directory_;
  std::string file_;
  Process process_;
  std::string admin_;
  Json listeners_;
};

// A listener "web" with further settings (YAML, flow or lines of four spaces), which forwards to one target.
std::string web_to(const std::string& target, const std::string& settings = {});

std::vector<std::string> lines_of(const std::string& text);
std::vector<Json> json_lines(const std::string& text);

}  // namespace weir::e2e
