#pragma once

#include <condition_variable>
#include <expected>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lb/admin/group_status.h"
#include "lb/model/target_group.h"

namespace weir::server {

// What was asked of the daemon while it ran, and holds until it is taken back.
struct State {
  struct Registered {
    std::string group;
    model::Target target;
    bool operator==(const Registered&) const = default;
  };
  struct Drained {
    std::string group;
    base::SocketAddress address;
    bool operator==(const Drained&) const = default;
  };
  std::vector<Registered> registrations;
  std::vector<Drained> drains;
  std::vector<admin::ZoneShift> shifts;
  bool operator==(const State&) const = default;
};

// As JSON. Whatever is not exactly what write_state() makes is refused; the error says where it differs.
std::string write_state(const State& state);
std::expected<State, std::string> read_state(std::string_view text);

// The file in the state directory that the state outlives the process in. Written as a whole beside the old
// one, which it then replaces: a crash leaves the one or the other. Used by the control thread; a thread of
// its own writes, so that a slow disk delays no probe.
class StateFile {
 public:
  // Of the directory `state_dir`, which is made when there is something to keep; empty: nothing is kept.
  explicit StateFile(const std::string& state_dir);
  // Whatever was to be saved is.
  ~StateFile();
  StateFile(const StateFile&) = delete;
  StateFile& operator=(const StateFile&) = delete;

  // An absent file is an empty state. One that cannot be read is set aside under another name and logged.
  State load();
  // Returns when it is on the disk, or after 50 ms on a slow one; of what comes meanwhile the last is written
  // next. What fails is logged; the daemon goes on.
  void save(State state);

 private:
  void set_aside(const std::string& why);
  void write_all();
  void write(const State& state) const;
  std::expected<void, std::string> replace(const std::string& text) const;

  const std::string directory_;
  const std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<State> pending_;
  bool writing_ = false;
  bool ending_ = false;
  std::thread writer_;
};

}  // namespace weir::server
