#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/base/random.h"
#include "lb/net/loop.h"
#include "lb/wire/http2_server.h"
#include "tests/support/http2_peer.h"
#include "tests/support/memory_stream.h"

namespace weir::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A handler that notes what it is told.
struct Http2Exchange final : wire::ServerHandler {
  wire::Http2ServerStream* stream = nullptr;
  http::RequestHead head;
  base::Instant began{};
  std::string body;
  std::vector<std::string> trailers;  // "name: value"
  std::optional<wire::Failure> refused;
  std::optional<wire::Failure> request_failed;
  std::optional<wire::Failure> client_failed;
  bool ended = false;
  bool sent = false;
  int congested = 0;
  int drained = 0;
  std::uint64_t received_bytes = 0;  // at its last call
  std::uint64_t sent_bytes = 0;
  std::function<void()> at_body;

  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& fields) override;
  void on_congested() override { ++congested; }
  void on_drained() override { ++drained; }
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}
  void on_request_failed(const wire::Failure& failure) override { request_failed = failure; }
  void on_client_failed(const wire::Failure& failure) override;
  void on_response_sent() override;

  bool over() const { return sent || client_failed; }
};

http::OutgoingResponse http2_response(std::uint16_t status, http::Body body = {});

// A server connection over a stream in memory, its owner, and the client at the other end; the clock stands
// still.
class Http2Scene final : public wire::Http2Owner {
 public:
  Http2Scene();
  ~Http2Scene();
  Http2Scene(const Http2Scene&) = delete;
  Http2Scene& operator=(const Http2Scene&) = delete;

  // Before start().
  wire::ServerPolicy policy;
  wire::Http2Policy http2;
  MemoryHabits habits{
      .read_size = 4000, .write_size = 40'000, .window = 1'000'000, .stutter = true, .accepts = true};
  std::string first;  // was read before

  void start();
  // start(), the client's preface, and the server's first frames are away.
  void greet(std::string_view settings = {});

  Http2Peer& client() { return *client_; }
  wire::Http2Server& server() { return *server_; }
  bool closed() const { return closed_; }
  MemoryPipe& pipe() { return *pipe_; }

  // The exchanges so far, in order of their requests.
  std::list<Http2Exchange>& exchanges() { return exchanges_; }
  Http2Exchange& exchange(std::size_t place = 0);  // waited for
  // Called with each request, from inside on_request() or on_refused().
  std::function<void(Http2Exchange&)> at_request;

  // Runs `calls` as an event of the loop.
  void within_turn(const std::function<void()>& calls);
  // Keeps bytes alive until the turn ends.
  std::string_view keep(std::string bytes) { return context_.turn.keep(std::move(bytes)); }
  void answer(Http2Exchange& exchange, std::uint16_t status, std::string_view body = {});
  void settle();
  void advance(base::Duration by);
  base::Instant now() { return loop_.now(); }

 private:
  wire::ServerHandler& on_request(wire::Http2Server& connection, wire::Http2ServerStream& stream,
                                  http::RequestHead& head, base::Instant began) override;
  wire::ServerHandler& on_refused(wire::Http2Server& connection, wire::Http2ServerStream& stream,
                                  http::RequestHead& head, const wire::Failure& failure,
                                  base::Instant began) override;
  void on_closed(wire::Http2Server& connection) override;
  Http2Exchange& add(wire::Http2ServerStream& stream, http::RequestHead& head, base::Instant began);

  base::ManualClock clock_;
  net::Loop loop_;
  wire::Context context_;
  base::Random random_;
  wire::Http2Server::Shared shared_;
  std::shared_ptr<MemoryPipe> pipe_;
  std::unique_ptr<wire::Http2Server> server_;
  std::unique_ptr<Http2Peer> client_;
  std::list<Http2Exchange> exchanges_;
  bool closed_ = false;
};

}  // namespace weir::test
