#include "lb/net/pipe_pool.h"

#include <fcntl.h>
#include <unistd.h>

namespace weir::net {

std::optional<Pipe> PipePool::take() {
  if (!idle_.empty()) {
    Pipe pipe = std::move(idle_.back());
    idle_.pop_back();
    ++out_;
    return pipe;
  }
  if (out_ >= most_) return std::nullopt;
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) return std::nullopt;
  ::fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);  // refused: the pipe stays at its default size
  ++out_;
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

void PipePool::give_back(Pipe pipe) {
  --out_;
  if (idle_.size() + out_ < most_) idle_.push_back(std::move(pipe));
}

void PipePool::discard(Pipe pipe) {
  --out_;
  pipe = {};
}

}  // namespace weir::net
