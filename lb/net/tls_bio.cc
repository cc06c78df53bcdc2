#include "lb/net/tls_bio.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::net {
namespace {

constexpr std::size_t kMostMethod = 32;  // bytes of an HTTP method before its space

// BIO_CTRL_SET_KTLS and the two that name a record's type, as OpenSSL's internal/bio.h has them.
constexpr int kSetKeys = 72;
constexpr int kSetRecordType = 74;
constexpr int kClearRecordType = 75;

using MethodPointer = std::unique_ptr<BIO_METHOD, TlsFree<BIO_meth_free>>;

// A TLS record begins with a content type, never with a letter; a request with a method in capital letters.
TlsBio::Beginning kind_of(std::string_view first) {
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  if (!is_capital(first.front())) return TlsBio::Beginning::tls;
  const std::size_t end =
      static_cast<std::size_t>(std::ranges::find_if_not(first, is_capital) - first.begin());
  if (end == first.size()) {
    return end <= kMostMethod ? TlsBio::Beginning::unknown : TlsBio::Beginning::other;
  }
  return first[end] == ' ' && end <= kMostMethod ? TlsBio::Beginning::http : TlsBio::Beginning::other;
}

}  // namespace

const BIO_METHOD* TlsBio::method() {
  static const MethodPointer made = [] {
    MethodPointer method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir"));
    if (method) {
      BIO_meth_set_read_ex(method.get(), on_read);
      BIO_meth_set_write_ex(method.get(), on_write);
      BIO_meth_set_ctrl(method.get(), on_control);
    }
    return method;
  }();
  return made.get();
}

BIO* TlsBio::make() {
  const BIO_METHOD* const methods = method();
  BIO* const bio = methods != nullptr ? BIO_new(methods) : nullptr;
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  return bio;
}

int TlsBio::on_read(BIO* bio, char* into, std::size_t size, std::size_t* got) {
  auto* const self = static_cast<TlsBio*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *got = self->receive(into, size);
  self->starved_ = *got == 0;
  if (*got != 0) return 1;
  BIO_set_retry_read(bio);
  return 0;
}

int TlsBio::on_write(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  static_cast<TlsBio*>(BIO_get_data(bio))->send({bytes, size});
  *written = size;
  return 1;
}

// What OpenSSL's own BIO for sockets does for kTLS (SSL_OP_ENABLE_KTLS), whose commands bio.h names.
long TlsBio::on_control(BIO* bio, int command, long number, void* pointer) {
  auto* const self = static_cast<TlsBio*>(BIO_get_data(bio));
  switch (command) {
    case BIO_CTRL_FLUSH: return 1;
    case kSetKeys: return number != 0 ? self->let_below_seal(pointer) : 0;
    case BIO_CTRL_GET_KTLS_SEND: return self->sealed_below() ? 1 : 0;
    case kSetRecordType: self->sealed_below_->next_type = static_cast<std::uint8_t>(number); return 0;
    case kClearRecordType: self->sealed_below_->next_type = 0; return 0;
    default: return 0;
  }
}

// All that was sealed here has to be out before.
long TlsBio::let_below_seal(const void* keys) {
  if (flush().kind != IoResult::Kind::done || !below_->seal_in_system(keys)) return 0;
  sealed_below_ = std::make_unique<SealedBelow>();
  return 1;
}

std::size_t TlsBio::receive(char* into, std::size_t size) {
  if (beginning_ == Beginning::tls && !first_.empty()) {
    const std::size_t count = std::min(size, first_.size());
    std::memcpy(into, first_.data(), count);
    first_.erase(0, count);
    return count;
  }
  if (!more_likely()) return 0;
  --receives_left_;
  const IoResult result = below_->read({into, size});
  short_ = result.bytes < size;
  received_ += result.bytes;
  switch (result.kind) {
    case IoResult::Kind::done:
      return beginning_ == Beginning::tls ? result.bytes : look_at(into, result.bytes);
    case IoResult::Kind::would_block: break;
    case IoResult::Kind::end: input_ = Input::ended; break;
    case IoResult::Kind::error:
      input_ = Input::broken;
      error_ = result.error;
      break;
  }
  return 0;
}

std::size_t TlsBio::look_at(char* into, std::size_t size) {
  if (!first_.empty() || beginning_ != Beginning::unknown) {
    first_.append(into, size);
    if (beginning_ == Beginning::unknown) beginning_ = kind_of(first_);
    return 0;
  }
  beginning_ = kind_of({into, size});
  if (beginning_ == Beginning::tls) return size;
  first_.assign(into, size);
  return 0;
}

void TlsBio::receive_first(std::string_view bytes) {
  first_.assign(bytes);
  received_ += bytes.size();
  if (beginning_ == Beginning::unknown) beginning_ = kind_of(first_);
}

std::unique_ptr<ByteStream> TlsBio::release(std::string& first_bytes) {
  first_bytes = std::exchange(first_, {});
  return std::move(below_);
}

void TlsBio::send(std::string_view record) {
  if (sealed_below_ && sealed_below_->next_type != 0) return send_record(record);
  if (!std::exchange(direct_, false)) {
    scratch_.sealed.append(record);
    return;
  }
  flush(record);
}

// Behind a KeyUpdate OpenSSL's keys are others (RFC 8446 4.6.3), and the system's would stay.
void TlsBio::send_record(std::string_view content) {
  const std::uint8_t type = std::exchange(sealed_below_->next_type, 0);
  if (type == SSL3_RT_HANDSHAKE && content.starts_with(static_cast<char>(SSL3_MT_KEY_UPDATE))) {
    failed(EPROTO);
    return;
  }
  sealed_below_->records.push_back({type, std::string(content)});
  flush();
}

std::size_t TlsBio::SealedBelow::unsent() const {
  std::size_t bytes = 0;
  for (const Record& record : records) bytes += record.content.size();
  return bytes;
}

void TlsBio::hold() {
  left_ += scratch_.sealed;
  scratch_.sealed.clear();
}

IoResult TlsBio::flush(std::string_view last) {
  if (error_ != 0) return failed(error_);
  std::array<iovec, 3> parts{};
  std::size_t count = 0;
  std::size_t size = 0;
  for (const std::string_view piece : {std::string_view(left_), std::string_view(scratch_.sealed), last}) {
    if (piece.empty()) continue;
    parts[count++] = {const_cast<char*>(piece.data()), piece.size()};
    size += piece.size();
  }
  if (size == 0) return flush_records();
  const IoResult result = below_->write(std::span(parts).first(count));
  if (result.kind == IoResult::Kind::error) return failed(result.error);
  blocked_ = result.bytes < size;
  if (blocked_) {
    keep(last, result.bytes);
    if (left_.size() > kMostUnsent) return failed(ENOBUFS);
    return IoResult::would_block();
  }
  scratch_.sealed.clear();
  if (!left_.empty()) std::string().swap(left_);
  const IoResult records = flush_records();
  return records.kind == IoResult::Kind::done ? IoResult::done(size) : records;
}

// Behind everything else.
IoResult TlsBio::flush_records() {
  blocked_ = false;
  while (sealed_below_ && !sealed_below_->records.empty()) {
    const SealedBelow::Record& next = sealed_below_->records.front();
    const IoResult result = below_->write_record(next.type, next.content);
    if (result.kind == IoResult::Kind::error) return failed(result.error);
    blocked_ = result.kind != IoResult::Kind::done;
    if (blocked_) return IoResult::would_block();
    sealed_below_->records.erase(sealed_below_->records.begin());
  }
  return IoResult::done(0);
}

IoResult TlsBio::outcome() const {
  if (error_ != 0) return IoResult::failed(error_);
  return blocked_ ? IoResult::would_block() : IoResult::done(0);
}

// `sent` bytes of what was left, what was sealed and `last` are out.
void TlsBio::keep(std::string_view last, std::size_t sent) {
  left_ += scratch_.sealed;
  left_ += last;
  left_.erase(0, sent);
  scratch_.sealed.clear();
}

IoResult TlsBio::failed(int error) {
  error_ = error;
  blocked_ = false;
  std::string().swap(left_);
  if (sealed_below_) sealed_below_->records.clear();
  scratch_.sealed.clear();
  return IoResult::failed(error);
}

}  // namespace weir::net
