#include "bench/backend/echo.h"

namespace weir::bench {
namespace {

using websocket::Opcode;
using StepKind = websocket::FrameParser::Step::Kind;

constexpr std::size_t kKeepCapacity = 16 * 1024;

}  // namespace

std::string_view Echo::answer(std::string_view bytes) {
  out_.clear();
  if (out_.capacity() > kKeepCapacity) out_.shrink_to_fit();
  while (!ended_) {
    const websocket::FrameParser::Step step = parser_.next(bytes);
    bytes.remove_prefix(step.consumed);
    if (step.kind == StepKind::need_more) break;
    if (step.kind == StepKind::failed) {
      end(websocket::close_payload(step.close_code));
    } else {
      answer_frame(step.frame);
    }
  }
  return out_;
}

void Echo::answer_frame(const websocket::Frame& frame) {
  switch (frame.opcode) {
    case Opcode::close: return end(frame.payload.substr(0, 2));  // the code
    case Opcode::ping: return websocket::write_frame(out_, {true, Opcode::pong, frame.payload});
    case Opcode::pong: return;
    default: return websocket::write_frame(out_, frame);
  }
}

void Echo::end(std::string_view payload) {
  ended_ = true;
  websocket::write_frame(out_, {true, Opcode::close, payload});
}

}  // namespace weir::bench
