#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/net/loop.h"
#include "lb/net/tls_stream.h"
#include "tests/support/certificates.h"
#include "tests/support/memory_stream.h"

// TLS streams with no socket beneath: a client's and a server's, joined in memory.
namespace weir::test {

constexpr MemoryHabits kCalm{
    .read_size = 1 << 20, .write_size = 1 << 20, .window = 1 << 20, .stutter = false, .accepts = true};
// A byte at a time, every other call refused, and the wrong readiness announced.
constexpr MemoryHabits kNasty{};

inline net::TlsIdentity identity_of(const Certificate& certificate) {
  auto identity = net::read_tls_identity(certificate.certificate, certificate.key);
  REQUIRE(identity.has_value());
  return std::move(*identity);
}

inline std::shared_ptr<const net::TlsTrust> trust_of(std::string_view ca, std::string_view crl = {}) {
  auto trust = net::TlsTrust::from_pem(ca, crl.empty() ? std::nullopt : std::optional(crl));
  REQUIRE(trust.has_value());
  return *trust;
}

inline net::TlsServerSettings settings_of(const std::vector<Certificate>& certificates) {
  net::TlsServerSettings settings;
  for (const Certificate& certificate : certificates) {
    settings.certificates.push_back({identity_of(certificate), std::nullopt});
  }
  return settings;
}

inline std::shared_ptr<const net::TlsServerContext> made(net::TlsServerSettings settings) {
  auto context = net::TlsServerContext::make(std::move(settings));
  REQUIRE_MESSAGE(context.has_value(), context.error().text);
  return *context;
}

inline std::shared_ptr<const net::TlsClientContext> made(net::TlsClientSettings settings) {
  auto context = net::TlsClientContext::make(std::move(settings));
  REQUIRE_MESSAGE(context.has_value(), context.error().text);
  return *context;
}

// Two memory pipes, mouth to mouth.
struct MemoryCable {
  explicit MemoryCable(const MemoryHabits& habits)
      : left(std::make_shared<MemoryPipe>()), right(std::make_shared<MemoryPipe>()) {
    left->habits = right->habits = habits;
  }

  void carry() const {
    carry(*left, *right);
    carry(*right, *left);
  }
  static void carry(MemoryPipe& from, MemoryPipe& to) {
    if (to.stream == nullptr) to.to_stream.clear();
    const bool moved = !from.to_peer.empty();
    to.to_stream += std::exchange(from.to_peer, {});
    const bool ends = (from.stream_shut || from.stream_gone) && !to.peer_shut;
    to.peer_shut |= ends;
    to.peer_reset |= from.stream_reset && from.stream_gone;
    to.peer_gone |= from.stream_gone;
    if (to.stream != nullptr && (moved || ends || to.peer_reset)) to.stream->wake();
    if (moved && from.stream != nullptr) from.stream->wake();
  }

  std::shared_ptr<MemoryPipe> left;
  std::shared_ptr<MemoryPipe> right;
};

// An owner that sends what it is given and keeps what comes.
class TlsEnd final : public net::StreamEvents {
 public:
  void own(std::unique_ptr<net::TlsStream> stream_of_its_own) {
    stream = std::move(stream_of_its_own);
    stream->set_events(this);
    update();
  }
  void send(std::string_view bytes) {
    to_send += bytes;
    go_on();
  }
  void finish() {
    finishes = true;
    go_on();
  }

  void on_readable() override {
    ++readable_events;
    go_on();
  }
  void on_writable() override { go_on(); }

  std::unique_ptr<net::TlsStream> stream;
  std::string to_send;
  std::string received;
  bool established = false;
  bool reads = true;
  bool ended = false;
  bool finishes = false;  // shutdown_write() behind what is to be sent
  bool finished = false;
  int error = 0;
  int readable_events = 0;
  std::size_t read_size = 4096;

  void go_on() {
    if (!established) shake();
    if (established && reads && !ended && error == 0) read();
    if (established && error == 0) write();
    update();
  }

 private:
  void shake() {
    const net::IoResult result = stream->established();
    established = result.kind == net::IoResult::Kind::done;
    if (result.kind == net::IoResult::Kind::error) error = result.error;
  }
  void read() {
    std::vector<char> into(read_size);
    const net::IoResult result = stream->read(into);
    received.append(into.data(), result.bytes);
    if (result.kind == net::IoResult::Kind::end) ended = true;
    if (result.kind == net::IoResult::Kind::error) error = result.error;
  }
  void write() {
    if (!to_send.empty()) {
      const iovec part{to_send.data(), to_send.size()};
      const net::IoResult result = stream->write({&part, 1});
      to_send.erase(0, result.bytes);
      if (result.kind == net::IoResult::Kind::error) error = result.error;
    }
    if (to_send.empty() && finishes && !std::exchange(finished, true)) stream->shutdown_write();
  }
  void update() {
    if (error != 0) return stream->want({});
    stream->want({.read = reads && !ended, .write = !established || !to_send.empty()});
  }
};

class TlsPair {
 public:
  explicit TlsPair(const MemoryHabits& habits = kCalm) : cable(habits) {}
  ~TlsPair() {
    client.stream.reset();
    server.stream.reset();
    loop.settle();
  }
  TlsPair(const TlsPair&) = delete;
  TlsPair& operator=(const TlsPair&) = delete;

  TlsPair& serve(std::shared_ptr<const net::TlsServerContext> context) {
    auto below = std::make_unique<MemoryStream>(loop, cable.right);
    server.own(net::TlsStream::serve(scratch, std::move(below), std::move(context)));
    return *this;
  }
  TlsPair& connect(const std::shared_ptr<const net::TlsClientContext>& context,
                   const net::TlsDestination& destination = {}) {
    auto below = std::make_unique<MemoryStream>(loop, cable.left);
    client.own(net::TlsStream::connect(scratch, std::move(below), *context, destination));
    return *this;
  }

  // Until it holds; false: nothing leads there.
  template <class Condition>
  bool run_until(const Condition& condition) {
    for (int turn = 0; turn < 400'000; ++turn) {
      if (condition()) return true;
      cable.carry();
      loop.run_once(base::Duration(0));
    }
    return condition();
  }
  void run_turns(int turns) {
    for (int turn = 0; turn < turns; ++turn) {
      cable.carry();
      loop.run_once(base::Duration(0));
    }
  }
  // Until both sides have agreed, or one has failed.
  bool shake_hands() {
    run_until(
        [&] { return (client.established && server.established) || client.error != 0 || server.error != 0; });
    return client.error == 0 && server.error == 0;
  }
  // Both ways, so that tickets and late alerts have come.
  bool exchange_greetings() {
    client.send("hello");
    server.send("welcome");
    return run_until([&] {
             return (client.received.ends_with("welcome") && server.received.ends_with("hello")) ||
                    client.error != 0 || server.error != 0;
           }) &&
           client.error == 0 && server.error == 0;
  }

  const base::SystemClock clock;
  net::Loop loop{clock};
  net::TlsScratch scratch{loop};
  MemoryCable cable;
  TlsEnd client;
  TlsEnd server;
};

}  // namespace weir::test
