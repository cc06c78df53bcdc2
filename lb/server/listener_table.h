#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lb/admin/state.h"
#include "lb/model/snapshot.h"
#include "lb/net/fd.h"
#include "lb/net/socket_file.h"
#include "lb/server/inherited_sockets.h"
#include "lb/server/start_error.h"
#include "lb/server/worker_update.h"

namespace weir::server {

// The listeners with their sockets, on the control thread: it opens them, and holds a descriptor of each for
// as long as a worker accepts from it, since another listener may take it over. A socket belongs to the bind
// address that stands in the configuration: as long as a listener has that, the socket stays as it is.
class ListenerTable {
 public:
  // One bind address with its sockets: one for each worker, or one that all of them poll; of inherited ones
  // there may be any number.
  struct Bound {
    proxy::BindNumber number = 0;
    base::SocketAddress wanted;   // as the configuration has it
    base::SocketAddress address;  // as really bound: port 0 is resolved
    std::vector<net::Fd> sockets;
    net::SocketFile file;          // of a unix socket
    bool held = false;             // it does not listen yet
    bool service_manager = false;  // keeps its own, and goes on
  };
  // What a configuration asks for: new sockets, and where the others are.
  class Opened {
   public:
    // Of the unix sockets that were made.
    std::vector<std::string> socket_files() const;
    // Of those that have a port, the inherited ones included. They stay open as long as this object.
    std::vector<int> port_sockets() const;

   private:
    friend class ListenerTable;
    struct Place {
      std::string listener;
      std::size_t bind = 0;
      auto operator<=>(const Place&) const = default;
    };
    struct Copy {
      unsigned worker;
      WorkerSocket socket;
    };
    struct Wanted {
      std::string listener;
      const model::Bind* bind;       // valid until open() returns
      std::optional<Place> present;  // else it is new
      bool inherited = false;
      Bound fresh = {};
      std::vector<Copy> copies = {};  // for the workers; none: they have it already
    };
    std::vector<Wanted> binds_;
  };

  explicit ListenerTable(unsigned workers) : workers_(workers) {}

  // Before the first open(): these are taken for the binds that they belong to. Those that no bind wants are
  // closed by the first adopt().
  std::expected<void, StartError> inherit(InheritedSockets sockets);
  // Another process serves until begin(): sockets that would take connections from its ones, since they are
  // bound to the same port, listen from then on only.
  void hold() { held_ = true; }
  // The error names the one that cannot.
  std::expected<void, std::string> begin();
  // Opens the sockets that are not there yet, all of them or none. Changes nothing else.
  std::expected<Opened, StartError> open(const model::Snapshot& next);
  // Goes over to that configuration; closes what it leaves out here, and writes down for each worker what is
  // to happen there.
  void adopt(Opened opened, const model::Snapshot& next, std::vector<WorkerUpdate>& updates);
  // The workers close theirs next. Socket files go first, so that the next weir may bind their paths.
  void close();

  // For a process that takes over: all of them, in copies. The error: one cannot be copied.
  std::expected<InheritedSockets, StartError> copied() const;
  // The file of this socket is removed by this process in the end. False: no bind has it.
  bool own_file(const std::string& path);
  // Like close(), but another process goes on with them.
  void release();

  // As they are really bound, in the order of the configuration.
  const std::vector<admin::BoundListener>& bound() const { return bound_; }

 private:
  struct Entry {
    std::shared_ptr<proxy::ListenerShared> shared;
    std::vector<Bound> binds;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;

  std::optional<Opened::Place> take(const std::string& listener, const base::SocketAddress& wanted,
                                    std::set<Opened::Place>& taken) const;
  void take_inherited(Opened& opened);
  std::expected<void, StartError> complete(Opened::Wanted& wanted);
  std::expected<Bound, StartError> bind(const std::string& listener, const model::Bind& bind);
  bool replaces_own(const base::SocketAddress& address) const;
  std::expected<std::vector<Opened::Copy>, StartError> copies(const Bound& bound) const;
  void close_inherited();
  bool is_replaced(const Bound& gone) const;
  void add_entries(const model::Snapshot& next, Entries& before, std::vector<WorkerUpdate>& updates);
  void place(Opened::Wanted& wanted, Entries& before, std::vector<WorkerUpdate>& updates);

  const unsigned workers_;
  Entries entries_;
  InheritedSockets inherited_;
  std::vector<admin::BoundListener> bound_;
  proxy::BindNumber last_number_ = 0;
  bool held_ = false;
};

}  // namespace weir::server
