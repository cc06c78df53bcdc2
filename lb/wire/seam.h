#pragma once

#include <cstdint>
#include <string_view>

#include "lb/base/clock.h"
#include "lb/http/head.h"
#include "lb/net/byte_stream.h"
#include "lb/wire/failure.h"

// The seam between HTTP as messages and HTTP as bytes. An exchange sees heads, pieces of content,
// trailers and the end, and nothing of the protocol version beneath. HTTP/1 implements it with a
// connection, HTTP/2 with a stream of one; a tunnel (after a 101) is content without an end.
//
// Calls into a stream never call back before they return: what they cause comes later, at the
// latest when the turn ends. Calls into a handler may call the stream. Pieces of content are views
// that live until the turn ends. Everything stays on the thread of its worker.
namespace weir::wire {

// The stream beneath a body, for splicing. Null: not now.
struct SpliceEnd {
  net::ByteStream* stream = nullptr;
  std::uint64_t left = 0;  // bytes of the body that are still to come, or that may still be sent
};

// One message in, one message out.
class Stream {
 public:
  virtual void send_body(std::string_view piece) = 0;
  virtual void finish(const http::FieldList& trailers) = 0;
  // Gives the exchange up so that the peer can see it. No call to the handler follows.
  virtual void cancel() = 0;

  // Takes no more of the incoming content, until resume().
  virtual void pause() = 0;
  virtual void resume() = 0;

  // Of this exchange, heads included.
  virtual std::uint64_t received_bytes() const = 0;
  virtual std::uint64_t sent_bytes() const = 0;

  // Hands the rest of the incoming content over to the handler, if that is possible: from the next
  // turn on on_incoming_ready() comes whenever the socket is readable, incoming() is where to splice
  // from, and incoming_spliced() says what was moved (0 bytes: the peer closed). on_end() comes when
  // all of it is.
  virtual bool take_incoming() = 0;
  // What was not spliced comes by on_body() again.
  virtual void return_incoming() = 0;
  virtual SpliceEnd incoming() = 0;
  virtual void incoming_spliced(std::uint64_t bytes) = 0;
  // May the outgoing content be spliced at all?
  virtual bool takes_splice() const = 0;
  // Where to; no stream while older bytes wait.
  virtual SpliceEnd outgoing() = 0;
  virtual void outgoing_spliced(std::uint64_t bytes) = 0;
  virtual void outgoing_failed(int error) = 0;
  // on_outgoing_ready() comes once, when the socket takes bytes and none are older.
  virtual void want_outgoing() = 0;

 protected:
  ~Stream() = default;
};

class StreamHandler {
 public:
  virtual void on_body(std::string_view piece) = 0;
  virtual void on_end(const http::FieldList& trailers) = 0;
  // Outgoing bytes pile up over the high mark, and have drained below the low one.
  virtual void on_congested() = 0;
  virtual void on_drained() = 0;
  virtual void on_incoming_ready() = 0;
  virtual void on_outgoing_ready() = 0;

  static constexpr std::size_t kHighMark = 64 * 1024;
  static constexpr std::size_t kLowMark = 32 * 1024;

 protected:
  ~StreamHandler() = default;
};

// How a client may send its request's content: steadily; slowly, but without pauses; or as its part of a
// conversation, which may pause as long as the other side does not, as in a tunnel.
enum class Pace : std::uint8_t { steady, slow, conversation };

// The client's side of one exchange.
class ServerStream : public Stream {
 public:
  virtual void send_interim(const http::OutgoingResponse& head) = 0;  // 1xx but 101
  // `head` comes from the header rules; its `body` tells the framing. A 101 begins a tunnel.
  virtual void send_head(const http::OutgoingResponse& head) = 0;
  // No other request is taken from this connection; the response says so if it has not begun. (HTTP/2, whose
  // framing does not depend on what a message says, has nothing to do.)
  virtual void close_after_response() = 0;
  // Steady until then.
  virtual void set_pace(Pace pace) = 0;
  // Sends what waits, as far as it goes now: before a cancel, so that it is counted.
  virtual void push() = 0;

 protected:
  ~ServerStream() = default;
};

// The one who answers a client's request.
class ServerHandler : public StreamHandler {
 public:
  // The request cannot be completed (framing, time, size). If no response has begun the handler
  // answers, and the connection closes behind the answer; else it cancels.
  virtual void on_request_failed(const Failure& failure) = 0;
  // The client is gone or was given up; nothing more can be sent. The last call.
  virtual void on_client_failed(const Failure& failure) = 0;
  // The last byte of the response is with the kernel. The last call.
  virtual void on_response_sent() = 0;

 protected:
  ~ServerHandler() = default;
};

// The target's side of one attempt.
class ClientStream : public Stream {
 public:
  virtual void send_head(const http::OutgoingRequest& head) = 0;
  // The handler is done: the connection serves the next exchange if it can, else it closes.
  virtual void release() = 0;

  // Until the head of the response to this exchange, in place of the policy's.
  virtual void set_response_timeout(base::Duration timeout) = 0;
  // The connection is still being made.
  virtual bool connecting() const = 0;
  // When the last byte of this exchange's request was with the kernel, or, if nobody listened to the target
  // then, when it was listened to again; kNever: not yet.
  virtual base::Instant request_sent() const = 0;
  // Has a byte of the response to this exchange arrived?
  virtual bool response_begun() const = 0;

 protected:
  ~ClientStream() = default;
};

// The one who sent a request to a target. on_target_failed() is the last call if it comes.
class ClientHandler : public StreamHandler {
 public:
  // Interim responses come before the final one; `head` is valid during the call.
  virtual void on_response_head(http::ResponseHead& head) = 0;
  virtual void on_target_failed(const Failure& failure) = 0;
  // A new connection is established. Not called on a reused one.
  virtual void on_connected() = 0;

 protected:
  ~ClientHandler() = default;
};

}  // namespace weir::wire
