#include "lb/proxy/opening.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lb/proxy/listener.h"

namespace weir::proxy {
namespace {

// RFC 9113 3.4.
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

constexpr std::size_t kReadBytes = 4096;

}  // namespace

Opening::Opening(Listener& its_listener, Seat its_seat, std::unique_ptr<net::ByteStream> stream,
                 std::shared_ptr<const ListenerSettings> settings)
    : Connection(its_listener, std::move(its_seat)),
      settings_(std::move(settings)),
      stream_(std::move(stream)),
      deadline_(its_listener.engine().wire.loop.timers(), this,
                [](void* self) { static_cast<Opening*>(self)->on_deadline(); }),
      since_(its_listener.engine().wire.loop.now()) {
  stream_->set_events(this);
  stream_->want({.read = true});
  if (!settings_->model.proxy_protocol) begin_http();
  deadline_.set(due());
}

// --- events

void Opening::advance() {
  const wire::Turn::Scope scope(listener().engine().wire.turn);
  if (stream_ == nullptr) return;
  switch (step_) {
    case Step::proxy_header: return read_proxy_header();
    case Step::handshake: return shake_hands();
    case Step::version: return look_for_preface();
  }
}

bool Opening::receive() {
  std::array<char, kReadBytes> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): written by read()
  const net::IoResult result = stream_->read(buffer);
  switch (result.kind) {
    case net::IoResult::Kind::done: received_.append(buffer.data(), result.bytes); return true;
    case net::IoResult::Kind::would_block: return false;
    case net::IoResult::Kind::end:
    case net::IoResult::Kind::error: break;
  }
  end();
  return false;
}

// --- PROXY header

void Opening::read_proxy_header() {
  if (!receive()) return;
  auto read = net::read_proxy_header(received_);
  if (!read) return refuse_proxy_header(net::word(read.error()));
  if (!*read) return;
  received_.erase(0, (*read)->size);
  proxied_ = std::make_unique<const net::ProxyHeader>(std::move((*read)->header));
  begin_http();
}

void Opening::refuse_proxy_header(std::string_view why) {
  listener().counters().rejections.add(observe::Rejection::proxy_header);
  listener().warn_of_client(fmt::format("{} sent no valid PROXY header: {}", seat().peer.to_string(), why));
  end();
}

// --- TLS

void Opening::begin_http() {
  since_ = listener().engine().wire.loop.now();
  if (!settings_->tls) {
    step_ = Step::version;
    if (!settings_->model.http2) return go_on({});
    deadline_.set(due());
    if (!received_.empty()) decide_version();
    return;
  }
  step_ = Step::handshake;
  auto tls = net::TlsStream::serve(listener().engine().tls, std::move(stream_), settings_->tls);
  const bool heard_of_it = !received_.empty();
  if (heard_of_it) tls->receive_first(std::exchange(received_, {}));
  tls_ = tls.get();
  stream_ = std::move(tls);
  stream_->set_events(this);
  stream_->want({.read = true, .write = true});
  deadline_.set(due());
  if (heard_of_it) shake_hands();
}

void Opening::shake_hands() {
  const net::IoResult result = stream_->established();
  if (result.kind == net::IoResult::Kind::would_block) return;
  if (result.kind != net::IoResult::Kind::done) return on_handshake_failed();
  auto facts = std::make_shared<const net::TlsFacts>(tls_->facts());
  listener().count_handshake(facts->resumed ? "resumed" : "full", facts->version);
  note_name(*facts);
  const bool http2 = facts->alpn == "h2";
  go_on({.protocol = http2 ? observe::ClientProtocol::http2 : observe::ClientProtocol::http1,
         .tls = std::move(facts)});
}

void Opening::on_handshake_failed() {
  const net::TlsFailure failure = tls_->failure();
  listener().count_handshake(failure == net::TlsFailure::none ? "peer_closed" : net::word(failure), "");
  if (failure == net::TlsFailure::plain_http) {
    // What it says is read as HTTP all the same, to be answered that it is in the wrong place.
    stream_ = tls_->release_plain(received_);
    return go_on({.plain_on_tls = true});
  }
  note_name(tls_->facts());
  if (failure != net::TlsFailure::none) warn_of_handshake(net::word(failure), tls_->failure_detail());
  end();
}

// Clients that verify end the handshake when they see that the name is another one.
void Opening::note_name(const net::TlsFacts& facts) {
  if (facts.server_name.empty() || facts.name_served) return;
  if (base::IpAddress::parse(facts.server_name)) return;  // not what SNI is for (RFC 6066 3)
  listener().note_unserved_name(facts.server_name, client_text());
}

// As the PROXY header has it, if there was one.
std::string Opening::client_text() const {
  return (proxied_ && proxied_->ends ? proxied_->ends->source : seat().peer).to_string();
}

void Opening::on_handshake_timeout() {
  listener().count_handshake("timeout", "");
  warn_of_handshake(
      "timeout", fmt::format("it was not over after {} ms", settings_->model.tls->handshake_timeout.count()));
  end();
}

void Opening::warn_of_handshake(std::string_view word, std::string_view detail) {
  listener().warn_of_client(fmt::format("a TLS handshake of {} failed ({}){}{}", client_text(), word,
                                        detail.empty() ? "" : ": ", detail));
}

// --- HTTP in the clear

void Opening::look_for_preface() {
  const bool first = received_.empty();
  if (!receive()) return;
  if (first) since_ = listener().engine().wire.loop.now();
  decide_version();
}

void Opening::decide_version() {
  const std::size_t common = std::min(received_.size(), kPreface.size());
  if (received_.compare(0, common, kPreface, 0, common) != 0) return go_on({});
  if (received_.size() >= kPreface.size()) return go_on({.protocol = observe::ClientProtocol::http2});
  deadline_.set(due());
}

// --- the end

void Opening::go_on(Introduction introduction) {
  deadline_.clear();
  stream_->set_events(nullptr);
  introduction.proxied = std::move(proxied_);
  listener().go_on(*this, std::move(stream_), std::move(introduction), received_);
}

void Opening::end() {
  deadline_.clear();
  stream_.reset();
  listener().leave(*this);
}

void Opening::abort() {
  if (stream_ != nullptr) end();
}

// What has begun may go on, and is drained as what comes of it; who is silent is not waited for.
void Opening::drain(base::Duration quiet) {
  drains_ = quiet;
  drain_due_ = listener().engine().wire.loop.now() + quiet;
  deadline_.set(due());
}

// --- time

base::Instant Opening::due() const {
  const model::ListenerTimeouts& timeouts = settings_->model.timeouts;
  std::optional<model::Milliseconds> most = timeouts.header;
  if (step_ == Step::handshake) most = settings_->model.tls->handshake_timeout;
  if (step_ == Step::version && !heard_) most = timeouts.idle;
  const base::Instant at = most ? since_ + *most : base::kNever;
  return heard_ ? at : std::min(at, drain_due_);
}

void Opening::on_deadline() {
  const wire::Turn::Scope scope(listener().engine().wire.turn);
  if (listener().engine().wire.loop.now() < due()) return deadline_.set(due());
  expire();
}

void Opening::expire() {
  if (!heard_ && listener().engine().wire.loop.now() >= drain_due_) return end();
  switch (step_) {
    case Step::proxy_header: return refuse_proxy_header("none came in time");
    case Step::handshake: return on_handshake_timeout();
    case Step::version: break;
  }
  // As a head that does not come to its end is answered by HTTP/1.
  if (received_.empty()) return end();
  go_on({});
}

}  // namespace weir::proxy
