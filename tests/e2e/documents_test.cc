// What the help, the manual page and the README promise.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <set>

#include "tests/e2e/weir.h"
#include "tests/support/backend.h"
#include "tests/support/contains.h"

using namespace weir::e2e;
using weir::test::contains;

namespace {

std::string rewritten(std::string text, std::string_view from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

// As `weir --help` lists them.
std::set<std::string> commands() {
  std::set<std::string> result;
  bool begun = false;
  for (const std::string& line : lines_of(run_weir({"--help"}).out)) {
    if (begun && line.starts_with("  ") && line[2] != ' ')
      result.insert(line.substr(2, line.find(' ', 2) - 2));
    begun = begun || contains(line, "ubcommands:") || contains(line, "UBCOMMANDS:");
  }
  return result;
}

struct Block {
  std::string language;
  std::string text;
};

std::vector<Block> blocks(const std::string& markdown) {
  std::vector<Block> result;
  bool inside = false;
  for (const std::string& line : lines_of(markdown)) {
    if (line.starts_with("```")) {
      if (!inside) result.push_back({line.substr(3), ""});
      inside = !inside;
    } else if (inside) {
      result.back().text += line + "\n";
    }
  }
  return result;
}

// The README's world: two servers, and everything on ports that are free.
class ReadmeWorld {
 public:
  std::string translated(std::string text) const {
    text = rewritten(std::move(text), "127.0.0.1:9001", a_.address());
    text = rewritten(std::move(text), "127.0.0.1:9002", b_.address());
    text = rewritten(std::move(text), "127.0.0.1:8080", "127.0.0.1:" + port_);
    text = rewritten(std::move(text), ":8443", ":" + port_);
    return rewritten(std::move(text), "127.0.0.1:9900", "127.0.0.1:" + admin_port_);
  }

  void take(const Block& block) {
    if (block.language == "yaml") return take_yaml(translated(block.text));
    REQUIRE(block.language == "sh");
    for (const std::string& line : lines_of(rewritten(block.text, "\\\n", ""))) run_line(line);
  }

 private:
  void take_yaml(std::string yaml) {
    if (!contains(yaml, "process:\n")) yaml = "process:\n" + yaml;
    yaml =
        rewritten(std::move(yaml), "process:\n", "process:\n  state_dir: " + directory_.path("state") + "\n");
    file_ =
        directory_.write("weir.yaml", fmt::format("admin: {{ bind: 127.0.0.1:{} }}\n{}", admin_port_, yaml));
    start({"run", "-c", file_});  // shown or not, it has to run
  }

  void run_line(const std::string& line) {
    INFO(line);
    if (line.starts_with("packaging/") || line.starts_with("tests/")) {
      CHECK(::access(source(line).c_str(), X_OK) == 0);  // they would run this very test
      CHECK(run({source(line), "--help"}).code == 0);
    } else if (line.starts_with("weir run ")) {
      CHECK(line == "weir run -c weir.yaml");
      start({"run", "-c", file_});
    } else if (line.starts_with("weir-bench compare ")) {
      CHECK(run({WEIR_BENCH_BINARY, "compare", "--help"}).code ==
            0);  // it has a test of its own, and takes minutes
    } else {
      Command shell{.arguments = {"sh", "-c", translated(line)}};
      if (line.starts_with("weir ")) shell.arguments[2].replace(0, 4, binary());
      if (line.starts_with("weir-bench ")) {
        shell.arguments[2] =
            rewritten(shell.arguments[2], "-d 10s", "-d 1s").replace(0, 10, WEIR_BENCH_BINARY);
      }
      const bool asks = line.starts_with("weir ") && line.find(" -c ") == std::string::npos;
      if (asks) shell.arguments[2] += " --admin 127.0.0.1:" + admin_port_;
      shell.directory = directory_.path();
      const Finished finished = run(shell);
      INFO(finished.err);
      CHECK(finished.code == 0);
      CHECK((finished.out != "" || line.starts_with("openssl ")));
    }
  }

  std::string answer_to(const std::string& path) const {
    if (!contains(read_file(file_), "protocol: https")) return fetch("127.0.0.1:" + port_, path).body;
    return run({"curl", "-s", "--cacert", directory_.path("weir.pem"), "https://localhost:" + port_ + path})
        .out;
  }

  void start(std::vector<std::string> arguments) {
    daemon_.reset();
    daemon_ = std::make_unique<Process>(command(std::move(arguments)));
    eventually([&] { return !daemon_->running() || contains(daemon_->err(), "serving with"); });
    CHECK_MESSAGE(daemon_->running(), daemon_->err());
    CHECK_FALSE(contains(daemon_->err(), ": warning: "));
    CHECK(answer_to("/x") == "/x");
  }

  const Backend a_{"a"}, b_{"b"};
  const std::string port_ = free_port();
  const std::string admin_port_ = free_port();
  TemporaryDirectory directory_;
  std::string file_;
  std::unique_ptr<Process> daemon_;
};

}  // namespace

TEST_CASE("every command has a help with an example of itself") {
  const Finished help = run_weir({"--help"});
  CHECK(help.code == 0);
  const std::set<std::string> names = commands();
  for (const char* const name : {"run", "check", "explain", "plan", "demo", "status", "targets", "events",
                                 "register", "deregister", "drain", "undrain", "zone", "schema", "version"}) {
    CHECK_MESSAGE(names.contains(name), name, " in ", help.out);
  }
  for (const std::string& name : names) {
    INFO(name);
    const Finished its_help = run_weir({name, "--help"});
    CHECK(its_help.code == 0);
    CHECK(contains(its_help.out, "Example:\n  weir " + name));
  }
}

TEST_CASE("the version names weir, the compiler and the libraries") {
  const Finished version = run_weir({"version"});
  CHECK(version.code == 0);
  CHECK(version.out.starts_with("weir 0."));
  for (const char* const word : {"commit", "compiler", "libuv", "llhttp"}) CHECK(contains(version.out, word));
}

TEST_CASE("the schema is JSON") {
  const Finished schema = run_weir({"schema"});
  CHECK(schema.code == 0);
  CHECK(Json::parse(schema.out)["properties"].contains("listeners"));
}

TEST_CASE("the manual page knows every command and every option") {
  const std::string page = read_file(source("packaging/weir.1"));
  std::set<std::string> described;
  for (const std::string& line : lines_of(page)) {
    for (const std::string_view start : {".BR \"weir ", ".B weir "}) {
      if (!line.starts_with(start)) continue;
      described.insert(line.substr(start.size(), line.find_first_of("\" ", start.size()) - start.size()));
    }
  }
  CHECK(described == commands());
  const std::string plain = rewritten(page, "\\-", "-");
  for (const std::string& name : commands()) {
    for (const std::string& line : lines_of(run_weir({name, "--help"}).out)) {
      const std::size_t at = line.find("--");
      if (at == std::string::npos || !line.starts_with("  -") || contains(line, "--help")) continue;
      const std::string option = line.substr(at, line.find_first_of(" ,", at) - at);
      if (option == "--config") continue;  // its short form is described
      CHECK_MESSAGE(contains(plain, option), name, " ", option);
    }
  }
}

TEST_CASE("every example of the README works") {
  const std::string readme = read_file(source("README.md"));
  const std::vector<Block> examples = blocks(readme);
  REQUIRE(examples.size() >= 4);
  CHECK(examples[0].text == "packaging/quickstart.sh\n");
  CHECK(examples[1].text == "tests/run.sh\n");
  ReadmeWorld world;
  for (const Block& block : examples) world.take(block);
}

TEST_CASE("every file that the README names is there") {
  const std::string readme = read_file(source("README.md"));
  for (std::size_t at = 0; (at = readme.find("](", at)) != std::string::npos;) {
    at += 2;
    const std::string target = readme.substr(at, readme.find(')', at) - at);
    if (!target.starts_with("http")) CHECK_MESSAGE(::access(source(target).c_str(), R_OK) == 0, target);
  }
}
