#pragma once

#include <memory>
#include <string>

#include "lb/http/h1_writer.h"
#include "lb/http/parser.h"
#include "lb/net/byte_stream.h"
#include "lb/net/timer_wheel.h"
#include "lb/wire/context.h"
#include "lb/wire/output.h"
#include "lb/wire/seam.h"

namespace weir::wire {

// How an exchange of a server gets on, for its deadlines.
struct Progress {
  base::Instant began{};         // first byte of the request
  base::Instant rate_since{};    // start of the window in which the rate of the body is measured
  std::uint64_t rate_bytes = 0;  // received then
  std::uint64_t head_end = 0;    // bytes of the exchange up to the content
  base::Instant looked{};        // when `untaken` was the stream's
  std::uint64_t untaken = 0;
};

// What the two ends of HTTP/1 have in common: one message comes in through a parser while another
// goes out, over any ByteStream, with bounds, splicing and tunnels. `Seam` is ServerStream or
// ClientStream, `Parser` that of the incoming messages.
//
// While no message is under way a connection is this object, its stream and its deadline: parser
// and buffers are in `Active`, taken from a free list with the first byte and given back at the end.
template <class Seam, class Parser>
class Http1Stream : public Seam, public net::StreamEvents, public Flushable {
 public:
  ~Http1Stream() override = default;

  void send_body(std::string_view piece) final;
  void finish(const http::FieldList& trailers) final;
  void pause() final;
  void resume() final;
  std::uint64_t received_bytes() const final { return active_ ? active_->received : 0; }
  std::uint64_t sent_bytes() const final { return active_ ? active_->sent : 0; }
  bool take_incoming() final;
  void return_incoming() final { active_->handed_over = false; }
  bool takes_splice() const final;
  SpliceEnd incoming() final;
  void incoming_spliced(std::uint64_t bytes) final;
  SpliceEnd outgoing() final;
  void outgoing_spliced(std::uint64_t bytes) final;
  void outgoing_failed(int error) final;
  void want_outgoing() final;

  // What somebody has read already, before the connection reads itself. In an open turn.
  void receive_first(std::string_view bytes);

 protected:
  struct Active {
    Active(Turn& turn, const http::ParserLimits& limits) : parser(limits), output(turn) {}
    void recycle();

    Parser parser;
    Output output;
    std::string pending;         // read but not yet consumed: the next, pipelined, message
    std::uint64_t received = 0;  // of this exchange
    std::uint64_t sent = 0;
    http::Body out_body;         // framing of the outgoing content
    std::uint64_t out_left = 0;  // for Kind::length
    Progress progress;           // of a server
    bool raw = false;            // a tunnel: bytes are content
    bool in_done = false;        // the incoming message is complete
    bool out_finished = false;   // the last outgoing byte is in `output` or gone
    bool congested = false;
    bool handed_over = false;    // the handler splices the incoming content
    bool end_due = false;        // on_end() is owed to the handler
    bool input_end_due = false;  // the peer's FIN was met while splicing
    bool outgoing_wanted = false;
    bool blocked = false;       // bytes wait for the socket
    int write_error = 0;        // of a splice, not yet told
    bool write_broken = false;  // outgoing bytes are dropped; incoming ones may still be good
  };

  Http1Stream(Context& context, FreeList<Active>& actives, std::unique_ptr<net::ByteStream> stream);

  // What the derived connection decides. Each may destroy nothing, but may mark itself closed.
  virtual StreamHandler* handler() = 0;
  virtual bool wants_message() const = 0;              // may bytes be parsed now, or wait for later?
  virtual bool discards_input(std::size_t bytes) = 0;  // are these bytes of no use to anybody?
  virtual void on_head() = 0;
  virtual void on_malformed(const http::Problem& problem) = 0;
  virtual void on_incomplete_head() = 0;        // a head has begun and does not end yet
  virtual void on_message_end() = 0;            // the incoming message is complete
  virtual void on_input_end() = 0;              // the peer sent FIN
  virtual void on_broken(int error) = 0;        // the stream failed while reading
  virtual void on_write_broken(int error) = 0;  // the stream failed while writing
  virtual void on_hung_up() = 0;                // it failed while nothing was to be read
  virtual bool ends_with_output() const = 0;    // is the connection shut once all output is sent?
  virtual void on_output_empty() = 0;           // all that was sent is with the kernel
  virtual void on_output_blocked() = 0;         // the kernel takes no more for now
  virtual void on_resumed() = 0;
  virtual const http::ParserLimits& parser_limits() const = 0;

  // net::StreamEvents
  void on_readable() override;
  void on_writable() override;
  void flush() override;

  void read_once();
  Active& activate();
  void deactivate();  // gives Active back; pending bytes must be gone
  void consume_pending();
  void update_interest();
  void want(net::Interest interest) {
    if (interest == interest_) return;
    interest_ = interest;
    stream_->want(interest);
  }
  void note_congestion();
  bool closed() const { return stream_ == nullptr; }
  void close_stream();  // at once; the object stays until its owner reaps it

  Context& context_;
  FreeList<Active>& actives_;
  std::unique_ptr<net::ByteStream> stream_;
  std::unique_ptr<Active> active_;
  base::Instant last_read_;
  base::Instant last_write_;
  bool paused_ = false;
  bool read_closed_ = false;

 private:
  void received(std::string_view input);
  void consume(std::string_view input);
  void keep_pending(std::string_view rest);
  bool pending_is_full() const;
  void note_blocked();
  void break_writing(int error);

  net::Interest interest_;  // as the stream was told
};

}  // namespace weir::wire
