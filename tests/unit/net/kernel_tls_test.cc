#include "lb/net/kernel_tls.h"

#include <linux/tls.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <optional>

#include "lb/net/tcp_stream.h"
#include "tests/unit/net/tls_pair.h"
#include "tests/unit/net/tls_raw_client.h"

using weir::net::ByteStream;
using weir::net::IoResult;
using weir::test::MemoryStream;
using weir::test::TlsPair;

namespace net = weir::net;
namespace test = weir::test;

namespace {

// What a socket does once the kernel seals: AES-128-GCM, as RFC 8446 5.2 and RFC 5288 3 have it.
class SealingStream final : public ByteStream {
 public:
  explicit SealingStream(std::unique_ptr<MemoryStream> below) : below_(std::move(below)) {}

  void set_events(net::StreamEvents* events) override { below_->set_events(events); }
  void want(net::Interest interest) override { below_->want(interest); }
  net::Interest wanted() const override { return below_->wanted(); }
  IoResult established() override { return below_->established(); }
  IoResult read(std::span<char> into) override { return below_->read(into); }
  IoResult write(std::span<const iovec> parts) override {
    if (!keys_) return below_->write(parts);
    if (full) return IoResult::would_block();
    std::string bytes;
    for (const iovec& part : parts) bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
    seal(SSL3_RT_APPLICATION_DATA, bytes);
    return IoResult::done(bytes.size());
  }
  IoResult shutdown_write() override { return below_->shutdown_write(); }
  void reset_on_close() override { below_->reset_on_close(); }
  bool seal_in_system(const void* keys) override {
    if (!able) return false;
    tls_crypto_info info{};
    std::memcpy(&info, keys, sizeof info);
    REQUIRE(info.cipher_type == TLS_CIPHER_AES_GCM_128);
    std::memcpy(&keys_.emplace(), keys, sizeof *keys_);
    return true;
  }
  IoResult write_record(std::uint8_t type, std::string_view content) override {
    if (full) return IoResult::would_block();
    types.push_back(type);
    seal(type, content);
    return IoResult::done(content.size());
  }

  bool able = true;
  bool full = false;
  std::string plain;                // what was written since the keys came, records of other types left out
  std::vector<std::uint8_t> types;  // of those

 private:
  bool is_tls_1_3() const { return keys_->info.version == TLS_1_3_VERSION; }

  void seal(std::uint8_t type, std::string_view content) {
    if (type == SSL3_RT_APPLICATION_DATA) plain += content;
    for (; !content.empty(); content.remove_prefix(std::min<std::size_t>(content.size(), 16384)))
      send(seal_record(type, content.substr(0, 16384)));
  }

  std::string seal_record(std::uint8_t type, std::string_view content) {
    std::string inner(content);
    if (is_tls_1_3()) inner += static_cast<char>(type);
    std::array<unsigned char, 12> nonce{};
    std::memcpy(nonce.data(), keys_->salt, 4);
    std::memcpy(nonce.data() + 4, is_tls_1_3() ? keys_->iv : keys_->rec_seq, 8);
    if (is_tls_1_3()) {
      for (std::size_t i = 0; i < 8; ++i) nonce[4 + i] ^= keys_->rec_seq[i];
    }
    const std::size_t explicit_size = is_tls_1_3() ? 0 : 8;
    const auto wire_type = static_cast<char>(is_tls_1_3() ? SSL3_RT_APPLICATION_DATA : type);
    std::string head{wire_type, 3, 3};
    append_size(head, explicit_size + inner.size() + 16);
    std::string known = head;
    if (!is_tls_1_3()) {
      known.assign(reinterpret_cast<const char*>(keys_->rec_seq), 8);
      known += {static_cast<char>(type), 3, 3};
      append_size(known, inner.size());
    }
    const std::string explicit_nonce(reinterpret_cast<const char*>(nonce.data()) + 4, explicit_size);
    next_sequence();
    return head + explicit_nonce + encrypt(nonce, known, inner);
  }

  std::string encrypt(const std::array<unsigned char, 12>& nonce, std::string_view known,
                      std::string_view inner) const {
    const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(EVP_CIPHER_CTX_new(),
                                                                                 EVP_CIPHER_CTX_free);
    const auto bytes = [](std::string_view text) {
      return reinterpret_cast<const unsigned char*>(text.data());
    };
    std::string out(inner.size() + 16, '\0');
    auto* const to = reinterpret_cast<unsigned char*>(out.data());
    int size = 0;
    REQUIRE(EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, keys_->key, nonce.data()) == 1);
    REQUIRE(EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes(known), static_cast<int>(known.size())) ==
            1);
    REQUIRE(EVP_EncryptUpdate(cipher.get(), to, &size, bytes(inner), static_cast<int>(inner.size())) == 1);
    REQUIRE(EVP_EncryptFinal_ex(cipher.get(), to + size, &size) == 1);
    REQUIRE(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, to + inner.size()) == 1);
    return out;
  }

  static void append_size(std::string& to, std::size_t size) {
    to += static_cast<char>(size >> 8);
    to += static_cast<char>(size & 0xff);
  }
  void next_sequence() {
    for (std::size_t i = 8; i-- > 0 && ++keys_->rec_seq[i] == 0;) {
    }
  }
  void send(std::string record) {
    const iovec part{record.data(), record.size()};
    REQUIRE(below_->write({&part, 1}).bytes == record.size());
  }

  std::unique_ptr<MemoryStream> below_;
  std::optional<tls12_crypto_info_aes_gcm_128> keys_;
};

// A server whose socket seals, and a client as ever.
struct Pair {
  explicit Pair(int newest = TLS1_3_VERSION, bool able = true, bool connects = true) {
    const test::TestAuthority authority = test::TestAuthority::make("root");
    net::TlsServerSettings settings = test::settings_of({authority.issue({.names = {"a.example"}})});
    settings.kernel = true;
    settings.ticket_keys = *net::TlsTicketKeys::in_memory(tls.clock.now());
    client = test::made(net::TlsClientSettings{.trust = test::trust_of(authority.pem())});
    SSL_CTX_set_max_proto_version(client->native(), newest);
    auto stream = std::make_unique<SealingStream>(std::make_unique<MemoryStream>(tls.loop, tls.cable.right));
    below = stream.get();
    below->able = able;
    tls.server.own(net::TlsStream::serve(tls.scratch, std::move(stream), test::made(std::move(settings))));
    if (connects) tls.connect(client, {.server_name = "a.example", .sessions = &sessions});
  }

  std::shared_ptr<const net::TlsClientContext> client;
  net::TlsClientSessions sessions{4};
  TlsPair tls;
  SealingStream* below;
};

}  // namespace

TEST_CASE("where the system seals, what is written goes there as plaintext, and the client reads it") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Pair pair(version);
    REQUIRE(pair.tls.exchange_greetings());
    CHECK(pair.below->plain == "welcome");
    CHECK(pair.sessions.keys() == 1);  // a ticket has come
    const std::string large(200'000, 'x');
    pair.tls.server.send(large);
    CHECK(pair.tls.run_until([&] { return pair.tls.client.received == "welcome" + large; }));
    pair.tls.server.finish();
    CHECK(pair.tls.run_until([&] { return pair.tls.client.ended; }));
    CHECK_FALSE(pair.tls.client.stream->truncated());
    CHECK(pair.below->types.back() == SSL3_RT_ALERT);
  }
}

TEST_CASE("where the system does not seal after all, OpenSSL goes on") {
  Pair pair(TLS1_3_VERSION, /*able=*/false);
  REQUIRE(pair.tls.exchange_greetings());
  CHECK(pair.below->plain.empty());
  CHECK_FALSE(pair.tls.server.stream->splices_from_pipe());
}

TEST_CASE("a close that finds the socket full goes behind what waits there") {
  Pair pair;
  REQUIRE(pair.tls.exchange_greetings());
  pair.below->full = true;
  pair.tls.server.send("last words");
  pair.tls.server.finish();
  pair.tls.run_turns(5);
  CHECK(pair.below->plain == "welcome");
  pair.below->full = false;
  CHECK(pair.tls.run_until([&] { return pair.tls.client.ended; }));
  CHECK(pair.tls.client.received == "welcomelast words");
  CHECK_FALSE(pair.tls.client.stream->truncated());
}

TEST_CASE("a client that wants other keys is cut off, since the kernel would go on with the old ones") {
  Pair pair(TLS1_3_VERSION, /*able=*/true, /*connects=*/false);
  test::RawTlsClient client(pair.tls, pair.client->native());
  REQUIRE(client.shake_hands());
  SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
  CHECK(client.write("hello"));
  pair.tls.server.send("welcome");
  client.exchange();
  CHECK(pair.tls.server.error != 0);
  CHECK(pair.below->plain.empty());
}

TEST_CASE("the kernel seals, if it has tls") {
  if (!net::kernel_has_tls()) {
    MESSAGE("left out: this kernel has no tls");
    return;
  }
  const net::Fd listener = [] {
    net::Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::listen(fd.get(), 1) == 0);
    return fd;
  }();
  sockaddr_in address{};
  socklen_t length = sizeof address;
  REQUIRE(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0);
  const net::Fd client(::socket(AF_INET, SOCK_STREAM, 0));
  REQUIRE(::connect(client.get(), reinterpret_cast<sockaddr*>(&address), length) == 0);
  const net::Fd server(::accept(listener.get(), nullptr, nullptr));
  tls12_crypto_info_aes_gcm_128 keys{};
  keys.info = {TLS_1_3_VERSION, TLS_CIPHER_AES_GCM_128};
  REQUIRE(net::seal_in_kernel(server.get(), &keys));
  CHECK(::send(server.get(), "word", 4, 0) == 4);
  char got[64];
  CHECK(::recv(client.get(), got, sizeof got, 0) == 5 + 4 + 1 + 16);  // head, content, its type, tag
  CHECK(got[0] == SSL3_RT_APPLICATION_DATA);
  CHECK(net::send_kernel_record(server.get(), SSL3_RT_ALERT, std::string_view("\1\0", 2)) == 2);
  CHECK(::recv(client.get(), got, sizeof got, 0) == 5 + 2 + 1 + 16);
}
