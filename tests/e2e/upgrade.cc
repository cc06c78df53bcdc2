#include "tests/e2e/upgrade.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace weir::e2e {

bool is_running(pid_t pid) {
  const std::string status = read_file(fmt::format("/proc/{}/stat", pid));
  const std::size_t end = status.rfind(')');
  return end != std::string::npos && status.substr(end + 2, 1) != "Z";
}

namespace {

// Whether it has a TCP socket that listens.
bool listens(pid_t pid) {
  std::set<std::string> links;
  std::ifstream table(fmt::format("/proc/{}/net/tcp", pid));
  std::string line;
  std::getline(table, line);  // the names of the columns
  while (std::getline(table, line)) {
    std::istringstream words(line);
    const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    // Those that listen stand first, and of the others there may be so many that it takes seconds to read
    // them.
    if (fields.size() <= 9 || fields[3] != "0A") break;
    links.insert(fmt::format("socket:[{}]", fields[9]));
  }
  std::error_code error;
  for (const auto& fd : std::filesystem::directory_iterator(fmt::format("/proc/{}/fd", pid), error)) {
    if (links.contains(std::filesystem::read_symlink(fd.path(), error).string())) return true;
  }
  return false;
}

}  // namespace

Upgrades::Upgrades(const std::string& yaml, const Daemon::Options& options) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  weir_ = std::make_unique<Daemon>(yaml, options);
}

Upgrades::~Upgrades() {
  for (auto one = successors_.rbegin(); one != successors_.rend(); ++one) {
    for (int i = 0; i < 2; ++i) ::kill(*one, SIGTERM);
  }
  if (!successors_.empty()) {
    for (int i = 0; i < 2; ++i) weir_->process().signal(SIGTERM);
    CHECK(weir_->process().wait() == 0);
  }
  for (const pid_t one : successors_) {
    int status = 0;
    CHECK_MESSAGE(eventually([&] { return !is_running(one); }), "still running: ", one);
    if (::waitpid(one, &status, WNOHANG) == one) {
      CHECK_MESSAGE((WIFEXITED(status) && WEXITSTATUS(status) == 0), "ended badly: ", weir_->log());
    }
  }
}

pid_t Upgrades::newest() const {
  for (int i = 0;; ++i) {
    try {
      return weir_->status()["pid"].get<pid_t>();
    } catch (const std::exception&) {
      if (i == 20) throw;  // it was asked in the moment that another one took over
    }
  }
}

void Upgrades::upgrade() {
  const pid_t before = newest();
  pid_t now = before;
  ::kill(before, SIGUSR2);
  if (!eventually([&] { return (now = newest()) != before; }))
    throw std::runtime_error("nobody takes over: " + weir_->log());
  successors_.push_back(now);
  CHECK(eventually([&] { return !listens(before); }));  // for a moment both accept
}

std::size_t Upgrades::old_processes() const { return weir_->status()["old_processes"].size(); }

std::vector<Json> Upgrades::events(const std::string& kind) const {
  Finished told = run({"timeout", "-s", "KILL", "1", binary(), "events", "--json", "--after", "0", "--admin",
                       weir_->admin_address()});
  std::vector<Json> events;
  for (const std::string& line : lines_of(told.out)) {
    Json event = Json::parse(line);
    if (kind.empty() || event["kind"] == kind) events.push_back(std::move(event));
  }
  return events;
}

}  // namespace weir::e2e
