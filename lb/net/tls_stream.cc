#include "lb/net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <cerrno>
#include <limits>
#include <utility>

#include "lb/base/address.h"
#include "lb/net/tls_records.h"
#include "lb/net/tls_settings.h"

namespace weir::net {
namespace {

// What a handshake may bring at most: far more than certificates and keys need.
constexpr std::uint64_t kMostHandshake = 128 * 1024;

constexpr bool is_done(const IoResult& result) { return result.kind == IoResult::Kind::done; }

// IP addresses are checked against the certificate, and never sent (RFC 6066 3).
bool set_server_name(SSL& ssl, const std::string& name, bool verifies) {
  X509_VERIFY_PARAM* const parameters = SSL_get0_param(&ssl);
  if (base::IpAddress::parse(name).has_value()) {
    return !verifies || X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()) == 1;
  }
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set_tlsext_host_name(&ssl, name.c_str()) == 1 &&
         (!verifies || X509_VERIFY_PARAM_set1_host(parameters, name.data(), name.size()) == 1);
}

bool offer(SSL& ssl, const std::vector<std::string>& alpn) {
  const auto list = alpn_list(alpn);
  return list && SSL_set_alpn_protos(&ssl, reinterpret_cast<const unsigned char*>(list->data()),
                                     static_cast<unsigned>(list->size())) == 0;
}

}  // namespace

// --- life

TlsStream::TlsStream(TlsScratch& scratch, std::unique_ptr<ByteStream> below, bool is_server)
    : scratch_(scratch), bio_(scratch, std::move(below), is_server) {
  bio_.below().set_events(&below_events_);
}

std::unique_ptr<TlsStream> TlsStream::serve(TlsScratch& scratch, std::unique_ptr<ByteStream> below,
                                            std::shared_ptr<const TlsServerContext> context) {
  std::unique_ptr<TlsStream> stream(new TlsStream(scratch, std::move(below), true));
  stream->server_ = std::move(context);
  if (stream->begin(stream->server_->native())) SSL_set_accept_state(stream->ssl_.get());
  return stream;
}

std::unique_ptr<TlsStream> TlsStream::connect(TlsScratch& scratch, std::unique_ptr<ByteStream> below,
                                              const TlsClientContext& context,
                                              const TlsDestination& destination) {
  std::unique_ptr<TlsStream> stream(new TlsStream(scratch, std::move(below), false));
  stream->phase_ = Phase::connecting;
  if (!stream->begin(context.native())) return stream;
  SSL_set_connect_state(stream->ssl_.get());
  if (!stream->aim_at(destination, context)) stream->stop(take_tls_trouble(*stream->ssl_));
  return stream;
}

bool TlsStream::begin(SSL_CTX* context) {
  ssl_.reset(SSL_new(context));
  BIO* const bio = ssl_ ? bio_.make() : nullptr;
  if (bio == nullptr) {
    stop({TlsFailure::internal, take_tls_error_text()});
    return false;
  }
  SSL_set_bio(ssl_.get(), bio, bio);
  return true;
}

bool TlsStream::aim_at(const TlsDestination& destination, const TlsClientContext& context) {
  const std::string& name = destination.server_name;
  if (!name.empty() && !set_server_name(*ssl_, name, context.verifies())) return false;
  if (!destination.alpn.empty() && !offer(*ssl_, destination.alpn)) return false;
  if (destination.sessions == nullptr) return true;
  keeper_ = std::make_unique<TlsSessionKeeper>(destination.sessions);
  keeper_->key.assign(context.session_scope()).append(1, '\0').append(name).append(1, '\0');
  keeper_->key += destination.target;
  for (const std::string& protocol : destination.alpn) keeper_->key.append(1, '\0').append(protocol);
  SSL_set_app_data(ssl_.get(), keeper_.get());
  if (const SslSessionPointer session = destination.sessions->take(keeper_->key)) {
    return SSL_set_session(ssl_.get(), session.get()) == 1;
  }
  return true;
}

TlsStream::~TlsStream() {
  if (self_) *self_ = nullptr;
  if (!ssl_) return;
  if (!reset_ && bio_.has_below()) {
    if (phase_ == Phase::open && !trouble_) flush_with_close_notify();
  }
  // Else OpenSSL would take it for cut off, and its session with it.
  SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

std::unique_ptr<ByteStream> TlsStream::release_plain(std::string& first_bytes) {
  bio_.below().set_events(nullptr);
  return bio_.release(first_bytes);
}

void TlsStream::reset_on_close() {
  reset_ = true;
  bio_.below().reset_on_close();
}

// --- readiness

void TlsStream::want(Interest interest) {
  wanted_ = interest;
  update_interest();
  announce_more();
}

void TlsStream::update_interest() {
  const bool any = wanted_.read || wanted_.write;
  switch (phase_) {
    case Phase::connecting: return bio_.below().want({.read = false, .write = any});
    case Phase::handshake: return bio_.below().want({.read = any, .write = bio_.blocked()});
    case Phase::open: break;
  }
  bio_.below().want({.read = wanted_.read, .write = wanted_.write || bio_.blocked()});
}

void TlsStream::on_below_readable() {
  if (phase_ != Phase::open) return notify_of_handshake();
  events_->on_readable();
}

void TlsStream::on_below_writable() {
  if (phase_ != Phase::open) return notify_of_handshake();
  if (wanted_.write) return events_->on_writable();
  if (bio_.blocked() && is_done(bio_.flush())) {
    if (std::exchange(fin_due_, false)) bio_.below().shutdown_write();
  }
  update_interest();
}

void TlsStream::notify_of_handshake() {
  if (wanted_.write) return events_->on_writable();
  events_->on_readable();
}

// Bytes that OpenSSL has already, and an end or an error that came behind other bytes: no event below tells
// of them.
bool TlsStream::has_more() const {
  if (phase_ != Phase::open || told_end_) return false;
  return has_pending_ || trouble_ || peer_ended_ || bio_.input() != TlsBio::Input::open;
}

void TlsStream::announce_more() {
  if (announced_ || !wanted_.read || !has_more()) return;
  announced_ = true;
  if (!self_) self_ = std::make_shared<TlsStream*>(this);
  scratch_.loop.defer([self = self_] {
    if (*self != nullptr) (*self)->deliver_more();
  });
}

void TlsStream::deliver_more() {
  announced_ = false;
  if (wanted_.read && has_more()) events_->on_readable();
}

// --- the handshake

IoResult TlsStream::established() {
  if (trouble_) return trouble_result();
  if (phase_ == Phase::open) return IoResult::done(0);
  if (phase_ == Phase::connecting) {
    const IoResult connected = bio_.below().established();
    if (!is_done(connected)) return connected;
    phase_ = Phase::handshake;
  }
  const IoResult result = shake_hands();
  update_interest();
  announce_more();
  return result;
}

IoResult TlsStream::shake_hands() {
  if (bio_.blocked()) {
    if (const IoResult sent = bio_.flush(); !is_done(sent)) return sent;
  }
  bio_.allow_input();
  if (SSL_do_handshake(ssl_.get()) == 1) {
    finish_handshake();
    return IoResult::done(0);
  }
  if (SSL_want(ssl_.get()) != SSL_READING || !bio_.starved()) return stop(take_tls_trouble(*ssl_));
  return go_on_with_handshake();
}

IoResult TlsStream::go_on_with_handshake() {
  switch (bio_.beginning()) {
    case TlsBio::Beginning::http: return stop({TlsFailure::plain_http, {}});
    case TlsBio::Beginning::other: return stop({TlsFailure::not_tls, {}});
    case TlsBio::Beginning::unknown:
    case TlsBio::Beginning::tls: break;
  }
  if (bio_.input() != TlsBio::Input::open) return stop({TlsFailure::peer_closed, {}});
  if (bio_.received() > kMostHandshake) return stop({TlsFailure::too_large, {}});
  const IoResult sent = bio_.flush();
  return sent.kind == IoResult::Kind::error ? sent : IoResult::would_block();
}

// A ticket is the last that a server sends. It waits for the answer if there is a request already.
void TlsStream::finish_handshake() {
  phase_ = Phase::open;
  if (keeper_) keeper_->keep_renewed(*ssl_);
  has_pending_ = SSL_has_pending(ssl_.get()) == 1;
  if (server_ && has_pending_) return bio_.hold();
  bio_.flush();
}

IoResult TlsStream::stop(TlsTrouble trouble) {
  trouble_ = std::make_unique<TlsTrouble>(std::move(trouble));
  if (ssl_ && trouble_->kind != TlsFailure::plain_http) bio_.flush();  // the alert
  return trouble_result();
}

IoResult TlsStream::trouble_result() const {
  const bool broken = trouble_->kind == TlsFailure::peer_closed && bio_.error() != 0;
  return IoResult::failed(broken ? bio_.error() : EPROTO);
}

// --- reading

IoResult TlsStream::read(std::span<char> into) {
  if (phase_ != Phase::open) {
    if (const IoResult result = established(); !is_done(result)) return result;
  }
  const std::size_t size = trouble_ || peer_ended_ ? 0 : decrypt(into);
  // Answers to the other side's key updates, an alert; or a ticket that waited for more than has come.
  if (bio_.has_sealed() || (size == 0 && bio_.unsent() != 0 && !bio_.blocked())) {
    bio_.flush();
    update_interest();
  }
  if (size == 0) return nothing_read();
  announce_more();
  return IoResult::done(size);
}

std::size_t TlsStream::decrypt(std::span<char> into) {
  bio_.allow_input();
  std::size_t size = 0;
  do {
    std::size_t some = 0;
    if (SSL_read_ex(ssl_.get(), into.data() + size, into.size() - size, &some) != 1) {
      note_why_not_read();
      break;
    }
    size += some;
    bio_.settle_input();
    has_pending_ = SSL_has_pending(ssl_.get()) == 1;
  } while (size < into.size() && (has_pending_ || bio_.more_likely()));
  return size;
}

void TlsStream::note_why_not_read() {
  has_pending_ = false;
  if (SSL_want(ssl_.get()) == SSL_READING && bio_.starved()) return;
  if ((SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0 && ERR_peek_error() == 0) {
    peer_ended_ = true;
    return;
  }
  stop(take_tls_trouble(*ssl_));
}

IoResult TlsStream::nothing_read() {
  told_end_ = trouble_ || peer_ended_ || bio_.input() != TlsBio::Input::open;
  if (!told_end_) return IoResult::would_block();
  if (trouble_) return trouble_result();
  const bool broken = !peer_ended_ && bio_.input() == TlsBio::Input::broken;
  return broken ? IoResult::failed(bio_.error()) : IoResult::end();
}

// --- writing

IoResult TlsStream::write(std::span<const iovec> parts) {
  const bool last = std::exchange(last_write_, false);
  if (phase_ != Phase::open) {
    if (const IoResult result = established(); !is_done(result)) return result;
  }
  if (trouble_) return trouble_result();
  if (bio_.blocked()) {
    if (const IoResult sent = bio_.flush(); !is_done(sent)) return sent;
  }
  const std::size_t sealed_before = std::exchange(owed_, 0);
  TlsRecords records(parts, sealed_before, scratch_.gathered);
  const std::size_t sealed = seal(records, last);
  if (trouble_) return trouble_result();
  // What answers a change of keys went ahead of the records, as the last of this call.
  const IoResult sent = bio_.has_sealed() ? bio_.flush() : bio_.outcome();
  if (is_done(sent)) return IoResult::done(sealed_before + sealed);
  if (sent.kind == IoResult::Kind::error) return sent;
  owed_ = sealed;
  return sealed_before != 0 ? IoResult::done(sealed_before) : sent;
}

std::size_t TlsStream::seal(TlsRecords& records, bool last) {
  std::size_t sealed = 0;
  for (std::size_t count = 1; records.left() != 0 && count <= TlsScratch::kRecords; ++count) {
    const std::string_view plain = records.next();
    const bool closes = last && records.left() == 0;
    if (!closes && (records.left() == 0 || count == TlsScratch::kRecords)) bio_.send_with_next();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) != 1) {
      stop(take_tls_trouble(*ssl_));
      return sealed;
    }
    sealed += written;
    if (closes) flush_with_close_notify();
  }
  return sealed;
}

bool TlsStream::splices_from_pipe() const {
  return phase_ == Phase::open && bio_.sealed_below() && bio_.below().splices_from_pipe();
}

IoResult TlsStream::splice_from(int pipe, std::size_t most) {
  if (trouble_) return trouble_result();
  if (const IoResult sent = bio_.flush(); !is_done(sent)) return sent;
  return bio_.below().splice_from(pipe, most);
}

IoResult TlsStream::flush_with_close_notify() {
  if (!std::exchange(close_sent_, true)) SSL_shutdown(ssl_.get());
  if (bio_.has_sealed()) bio_.below().last_write_comes();
  return bio_.flush();
}

IoResult TlsStream::shutdown_write() {
  if (phase_ != Phase::open || trouble_) return bio_.below().shutdown_write();
  const IoResult sent = flush_with_close_notify();
  if (sent.kind == IoResult::Kind::error) return sent;
  if (is_done(sent)) return bio_.below().shutdown_write();
  fin_due_ = true;
  update_interest();
  return IoResult::done(0);
}

// --- facts

TlsFacts TlsStream::facts() const {
  TlsFacts facts = tls_facts(*ssl_);
  facts.name_served = server_ && !facts.server_name.empty() && server_->serves(facts.server_name);
  return facts;
}

std::string_view TlsStream::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace weir::net
