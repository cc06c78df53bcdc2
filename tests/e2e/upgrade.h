#pragma once

#include <string>
#include <vector>

#include "tests/e2e/weir.h"

// The daemon with the processes that take over from it. They become children of the test when the first one
// has ended.
namespace weir::e2e {

class Upgrades {
 public:
  explicit Upgrades(const std::string& yaml) : Upgrades(yaml, Daemon::Options{}) {}
  Upgrades(const std::string& yaml, const Daemon::Options& options);
  // Ends all of them, in good order.
  ~Upgrades();

  Daemon& weir() { return *weir_; }
  // The one that answers.
  pid_t newest() const;
  // SIGUSR2 to the newest one; another one has taken over when it returns.
  void upgrade();
  // The newest one has been started by other means.
  void adopt() { successors_.push_back(newest()); }
  // How many others finish what they have.
  std::size_t old_processes() const;
  // Those after this number, of one kind; empty: of all.
  std::vector<Json> events(const std::string& kind = {}) const;

 private:
  std::unique_ptr<Daemon> weir_;
  std::vector<pid_t> successors_;
};

bool is_running(pid_t pid);

}  // namespace weir::e2e
