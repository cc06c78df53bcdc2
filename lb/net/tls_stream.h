#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/net/byte_stream.h"
#include "lb/net/tls_bio.h"
#include "lb/net/tls_client_context.h"
#include "lb/net/tls_client_sessions.h"
#include "lb/net/tls_facts.h"
#include "lb/net/tls_failure.h"
#include "lb/net/tls_records.h"
#include "lb/net/tls_scratch.h"
#include "lb/net/tls_server_context.h"

namespace weir::net {

// Whom a client of TLS wants to speak to.
struct TlsDestination {
  // What the certificate has to be for: a host name, which is sent as SNI, or an IP address. Empty: neither
  // sent nor checked.
  std::string server_name = {};
  std::vector<std::string> alpn = {};     // what is offered in place of the context's; empty: that
  std::string target = {};                // sessions are resumed with the same target only
  TlsClientSessions* sessions = nullptr;  // of the worker; it outlives the stream. Null: no resumption
};

// TLS 1.2 and 1.3 over another stream, for either role. On its loop's thread.
//
// The handshake is driven by established(), or by the first read() or write(): until it is done, whatever is
// wanted is announced when the handshake can go on. It has no deadline of its own: the owner's ends it.
//
// A failure of TLS is IoResult::failed(EPROTO), from then on and in both directions; failure() says what it
// was. The alert has been sent by then. One of the stream below keeps its errno.
//
// An end without close_notify is an end: HTTP's framing tells whether a message is whole. Only a body until
// close has no such framing: whoever takes one has to ask truncated() at its end (RFC 9112 9.8).
//
// Where the context lets the kernel seal and it does, what is written goes below as plaintext.
//
// A write is done when the stream below has the records, so that closing loses nothing of it. Bytes that were
// sealed and are not out yet count as not taken: they have to come again, as the contract of write() has it.
class TlsStream final : public ByteStream {
 public:
  static std::unique_ptr<TlsStream> serve(TlsScratch& scratch, std::unique_ptr<ByteStream> below,
                                          std::shared_ptr<const TlsServerContext> context);
  // `below` may still be connecting.
  static std::unique_ptr<TlsStream> connect(TlsScratch& scratch, std::unique_ptr<ByteStream> below,
                                            const TlsClientContext& context,
                                            const TlsDestination& destination);
  ~TlsStream() override;
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // What somebody has read of the stream below already, before the handshake: established() is asked next,
  // for no readiness may tell of it.
  void receive_first(std::string_view bytes) { bio_.receive_first(bytes); }

  void set_events(StreamEvents* events) override { events_ = events; }
  void want(Interest interest) override;
  Interest wanted() const override { return wanted_; }
  IoResult established() override;
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> parts) override;
  void last_write_comes() override { last_write_ = true; }
  IoResult shutdown_write() override;
  std::uint64_t untaken() const override { return bio_.below().untaken() + bio_.unsent(); }
  void reset_on_close() override;
  // Where the kernel seals.
  bool splices_from_pipe() const override;
  IoResult splice_from(int pipe, std::size_t most) override;

  // The stream below is established; false while it is being connected.
  bool handshake_begun() const { return phase_ != Phase::connecting; }

  // Once established() is done.
  TlsFacts facts() const;
  std::string_view alpn() const;  // empty: none
  bool truncated() const { return bio_.input() == TlsBio::Input::ended && !peer_ended_; }

  TlsFailure failure() const { return trouble_ ? trouble_->kind : TlsFailure::none; }
  // One line more about it, escaped and bounded; may be empty.
  std::string_view failure_detail() const { return trouble_ ? std::string_view(trouble_->detail) : ""; }

  // After TlsFailure::plain_http: the stream below, untouched but for its first bytes, which are put into
  // `first_bytes`. This stream is good for nothing any more.
  std::unique_ptr<ByteStream> release_plain(std::string& first_bytes);

 private:
  // What the stream below tells.
  class BelowEvents final : public StreamEvents {
   public:
    explicit BelowEvents(TlsStream& stream) : stream_(stream) {}
    void on_readable() override { stream_.on_below_readable(); }
    void on_writable() override { stream_.on_below_writable(); }

   private:
    TlsStream& stream_;
  };
  enum class Phase : std::uint8_t { connecting, handshake, open };

  TlsStream(TlsScratch& scratch, std::unique_ptr<ByteStream> below, bool is_server);
  bool begin(SSL_CTX* context);
  bool aim_at(const TlsDestination& destination, const TlsClientContext& context);

  void on_below_readable();
  void on_below_writable();
  void notify_of_handshake();
  void update_interest();

  IoResult shake_hands();
  IoResult go_on_with_handshake();
  void finish_handshake();
  IoResult stop(TlsTrouble trouble);
  IoResult trouble_result() const;

  bool has_more() const;
  void announce_more();
  void deliver_more();
  std::size_t decrypt(std::span<char> into);
  void note_why_not_read();
  IoResult nothing_read();

  std::size_t seal(TlsRecords& records, bool last);
  IoResult flush_with_close_notify();

  TlsScratch& scratch_;
  TlsBio bio_;
  BelowEvents below_events_{*this};
  SslPointer ssl_;
  StreamEvents* events_ = nullptr;
  std::shared_ptr<const TlsServerContext> server_;  // null: a client
  std::unique_ptr<TlsSessionKeeper> keeper_;        // of a client that resumes
  std::unique_ptr<TlsTrouble> trouble_;
  std::shared_ptr<TlsStream*> self_;  // what is deferred finds it here; null in there: it is gone
  std::size_t owed_ = 0;              // plaintext that was sealed and is not known to the owner as taken
  Interest wanted_;
  Phase phase_ = Phase::handshake;
  bool announced_ = false;    // deliver_more() is deferred
  bool has_pending_ = false;  // OpenSSL has bytes that no read() has looked at
  bool told_end_ = false;
  bool peer_ended_ = false;  // by close_notify
  bool last_write_ = false;
  bool close_sent_ = false;
  bool fin_due_ = false;
  bool reset_ = false;
};

}  // namespace weir::net
