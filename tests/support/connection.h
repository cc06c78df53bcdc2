#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/eventually.h"

namespace weir::test {

// A response as it came.
struct Answer {
  int status = 0;
  std::string head;  // the status line and the fields, without the empty line
  std::string body;
  bool whole = false;  // ended as its framing says

  // The value of a field; empty if there is none. `name` in any case.
  std::string field(std::string_view name) const;
};

// One end of a connection whose every byte the test decides. Calls wait, kPatience at the most, and throw
// std::runtime_error when what has to come does not.
class Connection {
 public:
  struct Options {
    int receive_buffer = 0;  // 0: the system's
    std::string from{};      // the local IP address; empty: any
  };

  // `address` is HOST:PORT in numbers, or unix:/path.
  explicit Connection(const std::string& address) : Connection(address, Options{}) {}
  Connection(const std::string& address, const Options& options);
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;

  int fd() const { return fd_; }

  void send(std::string_view bytes);
  // What the other end takes without waiting longer; absent if it has reset the connection.
  std::optional<std::size_t> send_some(std::string_view bytes, Milliseconds patience);
  void shutdown_write();
  void reset();

  // At least one byte, or nothing at the end of the stream; a reset is an end too.
  std::string receive(std::size_t most = 65536, Milliseconds patience = kPatience);
  // Whether the other end closes in time; what it sends before is added to `rest`.
  bool closes(Milliseconds patience = kPatience, std::string* rest = nullptr);
  // Whether an end of the stream is waiting to be read.
  bool at_end() const;
  bool readable(Milliseconds patience) const;

  // One response, to a request of this method.
  Answer answer(std::string_view method = "GET");
  // A head, as lines without their ends, and without the empty one; for servers. Empty at the end.
  std::vector<std::string> head_lines();
  // Bytes of a body that was announced with this length, through `take`.
  template <typename Take>
  void body(std::size_t length, Take take) {
    while (length > 0) {
      if (buffer_.empty()) buffer_ = receive();
      if (buffer_.empty()) return;
      const std::size_t now = std::min(length, buffer_.size());
      take(std::string_view(buffer_).substr(0, now));
      buffer_.erase(0, now);
      length -= now;
    }
  }
  // A chunked body as a whole, without its trailers.
  std::string chunked_body();

 private:
  bool fill();
  std::string line();
  bool read_chunks(std::string& to);

  int fd_ = -1;
  std::string buffer_;  // received, not yet asked for
};

// GET, or what `request` says, on a connection of its own.
Answer fetch(const std::string& address, std::string_view target, std::string_view fields = {});
// As many bytes as asked for; the byte at each offset is known.
std::string pattern(std::size_t offset, std::size_t length);

}  // namespace weir::test
