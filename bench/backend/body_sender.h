#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "bench/measure/precise_deadline.h"
#include "lb/wire/seam.h"

namespace weir::bench {

// All bodies are the beginning of the same endless text. This many bytes of it from an offset on, in memory
// that is shared and never changes.
inline constexpr std::size_t kBlockBytes = 128 * 1024;
std::string_view body_from(std::uint64_t offset);

// Sends the content of one answer after another on a connection: views of that text, never more at once than
// the client takes, and no faster than it is told to. Belongs to the connection's exchange.
class BodySender {
 public:
  struct Content {
    std::uint64_t bytes = 0;
    std::uint64_t rate = 0;  // bytes a second; 0: as fast as it goes
  };

  // `deadline` is for content that has a rate: its owner calls on_time() then, in a turn. `clock` is the
  // system's.
  BodySender(wire::ServerStream& stream, PreciseDeadline& deadline, const base::Clock& clock)
      : stream_(stream), deadline_(deadline), clock_(clock) {}

  // The head has been sent. Finishes the answer when all of the content is on its way.
  void begin(const Content& content);
  void stop() {
    left_ = 0;
    congested_ = false;
  }

  void on_time() { send_paced(); }
  void on_congested() { congested_ = true; }
  void on_drained();
  void on_outgoing_ready();

 private:
  static constexpr std::size_t kAtOnce = 64 * 1024;

  void send_piece(std::uint64_t most);
  void send_paced();
  void write_blocks();

  wire::ServerStream& stream_;
  PreciseDeadline& deadline_;
  const base::Clock& clock_;
  std::uint64_t total_ = 0;
  std::uint64_t left_ = 0;
  std::uint64_t rate_ = 0;
  base::Instant began_{};
  bool congested_ = false;
};

}  // namespace weir::bench
