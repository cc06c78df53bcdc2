#pragma once

#include <optional>
#include <vector>

#include "lb/net/fd.h"

namespace weir::net {

// A pipe for splice(2), empty when taken from the pool.
struct Pipe {
  Fd read_end;
  Fd write_end;
};

// The pipes of one worker, at most `most` of them: an unprivileged user has about a thousand of
// full size. A pipe with bytes inside is never given back, but closed.
class PipePool {
 public:
  static constexpr int kPipeBytes = 256 * 1024;

  explicit PipePool(std::size_t most) : most_(most) {}
  std::optional<Pipe> take();  // absent: none is free, copy instead
  void give_back(Pipe pipe);   // empty
  void discard(Pipe pipe);     // has bytes inside

 private:
  std::size_t most_;
  std::size_t out_ = 0;
  std::vector<Pipe> idle_;
};

}  // namespace weir::net
