#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lb/admin/group_status.h"
#include "lb/admin/operations.h"

namespace weir::server {

// What was asked of the daemon while it ran, and holds until it is taken back.
struct State {
  struct Registered {
    std::string group;
    admin::Registration target;
  };
  struct Drained {
    std::string group;
    base::SocketAddress address;
  };
  std::vector<Registered> registrations;
  std::vector<Drained> drains;
  std::vector<admin::ZoneShift> shifts;
};

// As JSON. Whatever is not exactly what write_state() makes is refused; the error says where it differs.
std::string write_state(const State& state);
std::expected<State, std::string> read_state(std::string_view text);

// The file in the state directory that the state outlives the process in. Written as a whole beside the old
// one, which it then replaces: a crash leaves the one or the other. On the control thread; the file is small.
class StateFile {
 public:
  // Of the directory `state_dir`, which is made when there is something to keep; empty: nothing is kept.
  explicit StateFile(const std::string& state_dir);

  // An absent file is an empty state. One that cannot be read is set aside under another name and logged.
  State load();
  // What fails is logged; the daemon goes on.
  void save(const State& state);

 private:
  void set_aside(const std::string& why);
  std::expected<void, std::string> replace(const std::string& text);

  std::string directory_;
  std::string path_;
};

}  // namespace weir::server
