#include "bench/backend/body_sender.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace weir::bench {
namespace {

using Kind = net::IoResult::Kind;

constexpr std::string_view kLine = "The quick brown fox jumps over the lazy dog, again and again...\n";
static_assert(kBlockBytes % kLine.size() == 0);

constexpr std::size_t kBlocks = 8;  // of one write
constexpr double kPiece = 0.01;     // paced content: seconds' worth of it that is sent at once
constexpr base::Duration kNanosecond{1};

// The next `bytes` from an offset on, as far as the parts go: the text repeats itself within a block.
std::span<const iovec> blocks(std::uint64_t offset, std::uint64_t bytes, std::array<iovec, kBlocks>& parts) {
  const std::string_view block = body_from(offset);
  std::size_t count = 0;
  for (; bytes != 0 && count < parts.size(); ++count) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, block.size()));
    parts[count] = {const_cast<char*>(block.data()), size};  // it is only read
    bytes -= size;
  }
  return std::span(parts).first(count);
}

}  // namespace

std::string_view body_from(std::uint64_t offset) {
  static const std::string block = [] {
    std::string text;
    text.reserve(kBlockBytes + kLine.size());
    while (text.size() < kBlockBytes + kLine.size()) text += kLine;
    return text;
  }();
  return std::string_view(block).substr(offset % kLine.size(), kBlockBytes);
}

void BodySender::begin(const Content& content) {
  total_ = left_ = content.bytes;
  rate_ = content.rate;
  if (rate_ != 0 && total_ != 0) {
    began_ = clock_.now();
    return send_paced();
  }
  send_piece(kAtOnce);
}

// The next bytes, at most `most`; then the end of the answer or a call when there is room for more.
void BodySender::send_piece(std::uint64_t most) {
  const std::uint64_t size = std::min({left_, most, std::uint64_t{kBlockBytes}});
  stream_.send_body(body_from(total_ - left_).substr(0, static_cast<std::size_t>(size)));
  left_ -= size;
  if (left_ == 0) return stream_.finish({});
  if (rate_ == 0) stream_.want_outgoing();
}

// What the rate allows by now, and a little ahead.
void BodySender::send_paced() {
  if (congested_ || left_ == 0) return;
  const auto rate = static_cast<double>(rate_);
  const double elapsed = std::chrono::duration<double>(clock_.now() - began_).count();
  const auto allowed = static_cast<std::uint64_t>(std::max(1.0, rate * (elapsed + kPiece)));
  const std::uint64_t sent = total_ - left_;
  if (allowed > sent) send_piece(allowed - sent);
  if (left_ == 0) return;
  const std::chrono::duration<double> due(static_cast<double>(total_ - left_) / rate);
  deadline_.set(began_ + std::chrono::duration_cast<base::Duration>(due) + kNanosecond);
}

void BodySender::on_drained() {
  congested_ = false;
  if (rate_ != 0) send_paced();
}

void BodySender::on_outgoing_ready() {
  if (left_ == 0) return;
  if (stream_.takes_splice()) {
    write_blocks();
  } else {
    send_piece(kAtOnce);
  }
}

// Without a framing of its own the content goes to the socket as it is: what the kernel does not take now
// needs no copy.
void BodySender::write_blocks() {
  const wire::SpliceEnd end = stream_.outgoing();
  if (end.stream == nullptr) return stream_.want_outgoing();
  std::array<iovec, kBlocks> parts{};
  const net::IoResult result = end.stream->write(blocks(total_ - left_, left_, parts));
  if (result.kind == Kind::error) return stream_.outgoing_failed(result.error);
  if (result.kind == Kind::done) {
    left_ -= result.bytes;
    stream_.outgoing_spliced(result.bytes);
  }
  if (left_ == 0) return stream_.finish({});
  stream_.want_outgoing();
}

}  // namespace weir::bench
