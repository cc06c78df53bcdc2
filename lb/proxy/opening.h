#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lb/net/byte_stream.h"
#include "lb/net/proxy_header.h"
#include "lb/net/timer_wheel.h"
#include "lb/net/tls_stream.h"
#include "lb/proxy/connection.h"
#include "lb/proxy/introduction.h"
#include "lb/proxy/listener_settings.h"

namespace weir::proxy {

// A connection before it speaks HTTP, of a listener that asks for more than HTTP/1 in the clear: the PROXY
// header of whoever stands in front, the TLS handshake, and which version of HTTP the client wants.
//
//   proxy_header --> handshake --> Listener::go_on()   HTTP/2 if ALPN agreed on it
//              \--> version ----> Listener::go_on()   HTTP/2 if its preface comes (RFC 9113 3.4)
//
// Goes by the settings that the listener had when it was accepted. A header has the time that a request's
// head has, a handshake its own; beyond them, or with anything else than is asked for, the connection ends.
class Opening final : public Connection, public net::StreamEvents {
 public:
  Opening(Listener& its_listener, Seat its_seat, std::unique_ptr<net::ByteStream> stream,
          std::shared_ptr<const ListenerSettings> settings);

  void drain(base::Duration quiet) override;
  void abort() override;
  // What comes of it has this long to be quiet; absent: it need not end.
  const std::optional<base::Duration>& drains() const { return drains_; }

 private:
  enum class Step : std::uint8_t { proxy_header, handshake, version };

  void on_readable() override {
    heard_ = true;
    advance();
  }
  void on_writable() override { advance(); }
  void advance();
  bool receive();  // false: nothing has come

  void read_proxy_header();
  void refuse_proxy_header(std::string_view why);
  void begin_http();
  void shake_hands();
  void on_handshake_failed();
  void on_handshake_timeout();
  void note_name(const net::TlsFacts& facts);
  std::string client_text() const;
  void warn_of_handshake(std::string_view word, std::string_view detail);
  void look_for_preface();
  void decide_version();
  void go_on(Introduction introduction);
  void end();

  base::Instant due() const;
  void on_deadline();
  void expire();

  const std::shared_ptr<const ListenerSettings> settings_;
  std::unique_ptr<net::ByteStream> stream_;  // null: the opening is over
  net::TlsStream* tls_ = nullptr;            // the stream, once it is one
  std::string received_;                     // of the step under way
  std::unique_ptr<const net::ProxyHeader> proxied_;
  net::Deadline deadline_;
  base::Instant since_;  // of the step under way
  std::optional<base::Duration> drains_;
  base::Instant drain_due_ = base::kNever;
  Step step_ = Step::proxy_header;
  bool heard_ = false;  // something has come
};

}  // namespace weir::proxy
