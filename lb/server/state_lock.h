#pragma once

#include <expected>
#include <utility>

#include "lb/model/snapshot.h"
#include "lb/net/fd.h"
#include "lb/server/start_error.h"

namespace weir::server {

// Keeps a second weir from using the state directory: a lock on its file `lock`, for as long as a descriptor
// of the open file is there, in whatever process. Held until the process ends.
class StateLock {
 public:
  StateLock() = default;  // holds nothing

  // Takes it, with the rights that the process will go on with. `inherited`: of the process that this one
  // takes over from; it is kept if it is that of this directory. The error says that another weir has it. A
  // directory that is not there or cannot be written to is used without, as far as it can be used.
  static std::expected<StateLock, StartError> take(const model::Process& process, net::Fd inherited = {});

  bool held() const { return fd_.valid(); }
  // Why it is not held: an errno, and 0 if there is nothing to lock.
  int error() const { return error_; }
  // It is that of the process before.
  bool handed_over() const { return handed_over_; }
  // The file that is locked is not that of the directory any more: it has been removed, and a second weir
  // could lock what is there now.
  bool lost(const model::Process& process) const;
  // The open file, to be handed on; -1: none. It is closed by exec.
  int fd() const { return fd_.get(); }
  net::Fd release() { return std::move(fd_); }

 private:
  explicit StateLock(int error) : error_(error) {}
  StateLock(net::Fd fd, bool handed_over) : fd_(std::move(fd)), handed_over_(handed_over) {}

  net::Fd fd_;
  int error_ = 0;
  bool handed_over_ = false;
};

}  // namespace weir::server
