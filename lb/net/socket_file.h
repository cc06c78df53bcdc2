#pragma once

#include <sys/types.h>

#include <string>

namespace weir::net {

// The file of a unix socket that is bound. It is removed with this object, unless something else has come to
// its path meanwhile: that is another process's. To be removed while the socket is open, since a closed one's
// inode may come back as the other's.
class SocketFile {
 public:
  SocketFile() = default;  // none
  explicit SocketFile(std::string path);
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile() { remove(); }

  void remove();
  // It stays: another process has the socket, too.
  void disown() { path_.clear(); }
  bool owned() const { return !path_.empty(); }

 private:
  std::string path_;  // empty: none, or removed
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace weir::net
