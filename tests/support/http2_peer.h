#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/http/h2_frame.h"
#include "lb/http/hpack_decoder.h"
#include "tests/support/peer.h"

// The other end of an HTTP/2 connection, frame by frame: it sends exactly what a test says, right or wrong,
// and takes nothing back. Header blocks are written as literals without Huffman coding.
namespace weir::test {

using Http2Fields = std::vector<std::pair<std::string, std::string>>;

// A frame as it was received.
struct Http2Frame {
  http::H2FrameHead head{.length = 0, .type = http::H2FrameType{0xff}, .flags = 0, .stream = 0};
  std::string payload;
  Http2Fields fields;  // of HEADERS, with what its CONTINUATION frames brought
  bool is(http::H2FrameType type) const { return head.type == type; }
  bool is(http::H2FrameType type, std::uint32_t stream) const { return is(type) && head.stream == stream; }
  bool ends_stream() const;
  std::string field(std::string_view name) const;                          // empty: none
  http::H2Error error() const;                                             // of RST_STREAM and GOAWAY
  std::uint32_t number() const { return http::read_u32(payload.data()); }  // the first of its payload
};

std::string http2_frame(http::H2FrameType type, std::uint8_t flags, std::uint32_t stream,
                        std::string_view payload);
std::string http2_block(const Http2Fields& fields);
std::string http2_u32(std::uint32_t value);
std::string http2_setting(std::uint16_t id, std::uint32_t value);

class Http2Peer {
 public:
  explicit Http2Peer(std::unique_ptr<Peer> peer) : peer_(std::move(peer)) {}

  Peer& bytes() { return *peer_; }
  void send(std::string_view bytes) { peer_->send(bytes); }
  void send(http::H2FrameType type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    send(http2_frame(type, flags, stream, payload));
  }
  void preface(std::string_view settings = {});  // of a client, with its SETTINGS
  void settings(std::string_view settings = {});
  void headers(std::uint32_t stream, const Http2Fields& fields, bool end_stream);
  void data(std::uint32_t stream, std::string_view content, bool end_stream);
  void rst_stream(std::uint32_t stream, http::H2Error error);
  void window_update(std::uint32_t stream, std::uint32_t increment);
  void ping(std::string_view payload, bool ack = false);
  void goaway(std::uint32_t last_stream, http::H2Error error);

  // The next frame, waited for; one of type 0xff: none came.
  Http2Frame next();
  // The next one of that type, and on that stream; others are skipped.
  Http2Frame next(http::H2FrameType type);
  Http2Frame next(http::H2FrameType type, std::uint32_t stream);
  // What has come by now and was not read.
  std::vector<Http2Frame> waiting();
  // The content of a stream up to its end, or its reset.
  std::string content(std::uint32_t stream);
  // GET and a header block that answers it.
  static Http2Fields get(std::string_view path = "/");
  static Http2Fields post(std::string_view path = "/");

 private:
  bool take(Http2Frame& frame);

  std::unique_ptr<Peer> peer_;
  std::string received_;
  http::HpackDecoder decoder_;
};

}  // namespace weir::test
