#pragma once

#include <expected>
#include <memory>

#include "lb/base/address.h"
#include "lb/net/byte_stream.h"
#include "lb/net/fd.h"
#include "lb/net/watcher.h"

namespace weir::net {

// A connected socket, TCP or unix.
class TcpStream final : public ByteStream {
 public:
  ~TcpStream() override;
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  // All errors are an errno; EMFILE and ENFILE mean that no descriptor was free.
  using Made = std::expected<std::unique_ptr<TcpStream>, int>;

  // Of a connected socket, non-blocking.
  static Made adopt(Loop& loop, Fd fd);
  // Begins to connect: on_writable() comes when that is over, and established() says how it went.
  static Made connect(Loop& loop, const base::SocketAddress& to);

  void set_events(StreamEvents* events) override { events_ = events; }
  void want(Interest interest) override;
  Interest wanted() const override;
  IoResult established() override;
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> parts) override;
  void last_write_comes() override { last_write_ = true; }
  IoResult shutdown_write() override;
  std::uint64_t untaken() const override;
  void reset_on_close() override;
  bool splices_to_pipe() const override { return true; }
  bool splices_from_pipe() const override { return true; }
  IoResult splice_to(int pipe, std::size_t most) override;
  IoResult splice_from(int pipe, std::size_t most) override;
  bool seal_in_system(const void* keys) override;
  IoResult write_record(std::uint8_t type, std::string_view content) override;
  int fd() const { return fd_.get(); }

 private:
  TcpStream(Loop& loop, Fd fd) : fd_(std::move(fd)), watcher_(loop, this, on_events) {}
  static void on_events(void* self, int events);
  IoResult read_result(ssize_t got, std::size_t asked);
  IoResult write_result(ssize_t put, std::size_t asked);

  Fd fd_;  // declared before the watcher: it outlives it
  bool shut_ = false;
  bool last_write_ = false;
  Watcher watcher_;
  StreamEvents* events_ = nullptr;
};

}  // namespace weir::net
