#pragma once

#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace weir::net {

// The outcome of one read or write.
struct IoResult {
  enum class Kind : std::uint8_t { done, would_block, end, error };
  Kind kind = Kind::done;
  std::size_t bytes = 0;
  int error = 0;  // errno, for Kind::error

  static IoResult done(std::size_t bytes) { return {Kind::done, bytes, 0}; }
  static IoResult would_block() { return {Kind::would_block, 0, 0}; }
  static IoResult end() { return {Kind::end, 0, 0}; }
  static IoResult failed(int error) { return {Kind::error, 0, error}; }
};

// What the owner of a stream is told. It may destroy the stream from inside either call, and must
// expect that nothing is ready after all (would_block).
class StreamEvents {
 public:
  // Also when the stream broke or was hung up, whatever was wanted: a read tells.
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;

 protected:
  ~StreamEvents() = default;
};

struct Interest {
  bool read = false;
  bool write = false;
  bool operator==(const Interest&) const = default;
};

// An ordered, reliable stream of bytes in both directions: TCP, a unix socket, TLS, or memory in
// tests. Owned by one connection, on one loop's thread. Nothing blocks.
//
// The owner says what it waits for with want(); which readiness of the descriptor that needs is the
// stream's business (TLS may have to write in order to read), as are bytes that it holds decrypted
// already: while want().read is set, on_readable() comes for those too.
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  virtual void set_events(StreamEvents* events) = 0;
  virtual void want(Interest interest) = 0;
  virtual Interest wanted() const = 0;

  // For a stream that was made by connecting, asked when it becomes writable: done, would_block
  // (not yet), or the error that it failed with.
  virtual IoResult established() = 0;

  // Takes at least one byte into `into`, or says why not.
  virtual IoResult read(std::span<char> into) = 0;
  // Sends as many bytes as it can. After would_block the same bytes come again, perhaps with more
  // behind them.
  virtual IoResult write(std::span<const iovec> parts) = 0;
  // The next write() is the last: if it takes all, shutdown_write() or the destructor follow at once. So that
  // the bytes and the end may go together.
  virtual void last_write_comes() {}
  // Sends FIN (close_notify) once; reading goes on.
  virtual IoResult shutdown_write() = 0;
  // How much of what was written the other end has not taken yet, as far as the system tells; else 0. A
  // socket becomes writable only when much of its buffer is free: this tells earlier that bytes move.
  virtual std::uint64_t untaken() const { return 0; }
  // Makes the close that follows an RST: for a peer that must see that the message was cut.
  virtual void reset_on_close() = 0;

  // May bytes go to a pipe, and come from one, without passing through memory, by splice(2)? Where they may,
  // it is like read() and write(), and is never called otherwise.
  virtual bool splices_to_pipe() const { return false; }
  virtual bool splices_from_pipe() const { return false; }
  virtual IoResult splice_to([[maybe_unused]] int pipe, [[maybe_unused]] std::size_t most) {
    return IoResult::failed(EOPNOTSUPP);
  }
  virtual IoResult splice_from([[maybe_unused]] int pipe, [[maybe_unused]] std::size_t most) {
    return IoResult::failed(EOPNOTSUPP);
  }

  // From now on the system seals what is written (kernel_tls.h); false: it does not. Then records that are no
  // application data go by write_record(), whole or not at all.
  virtual bool seal_in_system([[maybe_unused]] const void* keys) { return false; }
  virtual IoResult write_record([[maybe_unused]] std::uint8_t type,
                                [[maybe_unused]] std::string_view content) {
    return IoResult::failed(EOPNOTSUPP);
  }
};

}  // namespace weir::net
