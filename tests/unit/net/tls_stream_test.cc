#include "lb/net/tls_stream.h"

#include <cerrno>
#include <random>

#include "tests/unit/net/tls_pair.h"
#include "tests/unit/net/tls_raw_client.h"

namespace base = weir::base;
namespace net = weir::net;
namespace test = weir::test;
using weir::net::IoResult;
using weir::net::TlsFailure;
using weir::test::TlsPair;

namespace {

struct Hosts {
  test::TestAuthority authority = test::TestAuthority::make("root");
  std::shared_ptr<const net::TlsServerContext> server =
      test::made(test::settings_of({authority.issue({.names = {"a.example"}})}));
  std::shared_ptr<const net::TlsClientContext> client =
      test::made(net::TlsClientSettings{.trust = test::trust_of(authority.pem())});
};

const Hosts& hosts() {
  static const Hosts made;
  return made;
}

void connect(TlsPair& pair) {
  pair.serve(hosts().server).connect(hosts().client, {.server_name = "a.example"});
}

std::string noise(std::size_t size) {
  std::mt19937 random(7);  // NOLINT: the same each time
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

void limit_version(int version) { SSL_CTX_set_max_proto_version(hosts().client->native(), version); }

}  // namespace

TEST_CASE("bytes pass both ways, whatever the stream below is like") {
  struct Row {
    const char* name;
    test::MemoryHabits habits;
    std::size_t size;
  };
  const Row rows[] = {
      {"calm", test::kCalm, 1'000'000},
      {"nasty", test::kNasty, 40'000},
      {"small window",
       {.read_size = 700, .write_size = 1000, .window = 1500, .stutter = true, .accepts = true},
       400'000},
      {"large reads, small writes",
       {.read_size = 1 << 20, .write_size = 999, .window = 1 << 20, .stutter = false, .accepts = true},
       400'000},
  };
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    limit_version(version);
    for (const Row& row : rows) {
      CAPTURE(row.name);
      CAPTURE(version);
      const std::string up = noise(row.size);
      const std::string down = noise(row.size + 1);
      TlsPair pair(row.habits);
      connect(pair);
      REQUIRE(pair.shake_hands());
      pair.client.send(up);
      pair.server.send(down);
      CHECK(pair.run_until([&] {
        return pair.client.received.size() == down.size() && pair.server.received.size() == up.size();
      }));
      CHECK(pair.server.received == up);
      CHECK(pair.client.received == down);
    }
  }
  limit_version(TLS1_3_VERSION);
}

TEST_CASE("close_notify ends one direction, and the other goes on") {
  for (const bool nasty : {false, true}) {
    CAPTURE(nasty);
    for (const bool client_first : {false, true}) {
      CAPTURE(client_first);
      TlsPair pair(nasty ? test::kNasty : test::kCalm);
      connect(pair);
      REQUIRE(pair.shake_hands());
      test::TlsEnd& first = client_first ? pair.client : pair.server;
      test::TlsEnd& second = client_first ? pair.server : pair.client;
      first.send("the last words");
      first.finish();
      REQUIRE(pair.run_until([&] { return second.ended; }));
      CHECK(second.received == "the last words");
      CHECK_FALSE(second.stream->truncated());
      second.send("an answer");
      CHECK(pair.run_until([&] { return first.received == "an answer"; }));
      second.finish();
      CHECK(pair.run_until([&] { return first.ended; }));
      CHECK_FALSE(first.stream->truncated());
    }
  }
}

TEST_CASE("FIN follows close_notify, when that is out") {
  TlsPair pair(test::kNasty);
  connect(pair);
  REQUIRE(pair.shake_hands());
  pair.client.finish();
  CHECK_FALSE(pair.cable.left->stream_shut);
  CHECK(pair.run_until([&] { return pair.cable.left->stream_shut; }));
  CHECK(pair.run_until([&] { return pair.server.ended; }));
  CHECK_FALSE(pair.server.stream->truncated());
}

TEST_CASE("an end without close_notify is an end, and known for one") {
  TlsPair pair;
  connect(pair);
  REQUIRE(pair.shake_hands());
  pair.client.send("half a mess");
  REQUIRE(pair.run_until([&] { return pair.server.received == "half a mess"; }));
  pair.cable.left->stream_shut = true;  // FIN, behind the back of TLS
  REQUIRE(pair.run_until([&] { return pair.server.ended; }));
  CHECK(pair.server.stream->truncated());
  CHECK(pair.server.stream->failure() == TlsFailure::none);
  pair.server.send("an answer nevertheless");
  CHECK(pair.run_until([&] { return pair.client.received == "an answer nevertheless"; }));
}

TEST_CASE("a read after the end says end again") {
  TlsPair pair;
  connect(pair);
  REQUIRE(pair.shake_hands());
  pair.client.finish();
  REQUIRE(pair.run_until([&] { return pair.server.ended; }));
  char into[16];
  CHECK(pair.server.stream->read(into).kind == IoResult::Kind::end);
}

TEST_CASE("a stream that is destroyed says close_notify") {
  TlsPair pair;
  connect(pair);
  REQUIRE(pair.shake_hands());
  SUBCASE("unless it is to be reset") {
    pair.client.stream->reset_on_close();
    pair.client.stream.reset();
    REQUIRE(pair.run_until([&] { return pair.server.error != 0; }));
    CHECK(pair.server.error == ECONNRESET);
  }
  SUBCASE("behind all that was written") {
    pair.client.send("all of it");
    pair.client.stream.reset();
    REQUIRE(pair.run_until([&] { return pair.server.ended; }));
    CHECK(pair.server.received == "all of it");
    CHECK_FALSE(pair.server.stream->truncated());
  }
}

TEST_CASE("what was written is out when write() has said so") {
  TlsPair pair({.read_size = 1 << 20, .write_size = 5000, .window = 9000, .stutter = true, .accepts = true});
  connect(pair);
  REQUIRE(pair.shake_hands());
  const std::string bytes = noise(300'000);
  pair.server.send(bytes);
  REQUIRE(pair.run_until([&] { return pair.server.to_send.empty(); }));
  pair.server.stream.reset();
  REQUIRE(pair.run_until([&] { return pair.client.ended || pair.client.error != 0; }));
  CHECK(pair.client.received == bytes);
}

TEST_CASE("decrypted bytes that were not read are announced while they are wanted") {
  TlsPair pair;
  connect(pair);
  REQUIRE(pair.shake_hands());
  pair.server.reads = false;
  pair.server.go_on();
  pair.client.send(std::string(10'000, 'x'));
  pair.run_turns(10);
  CHECK(pair.server.received.empty());

  pair.server.reads = true;
  pair.server.read_size = 100;
  pair.server.go_on();
  CHECK(pair.server.received.size() == 100);  // no event comes from inside of read()
  const int events = pair.server.readable_events;
  pair.server.reads = false;
  pair.server.go_on();
  pair.run_turns(10);
  CHECK(pair.server.readable_events == events);
  pair.server.reads = true;
  pair.server.go_on();
  CHECK(pair.run_until([&] { return pair.server.received.size() == 10'000; }));
}

TEST_CASE("an owner may destroy the stream inside its callbacks") {
  struct Owner final : net::StreamEvents {
    void on_readable() override {
      char into[10];
      if (stream->read(into).kind == IoResult::Kind::done && --lives == 0) stream.reset();
    }
    void on_writable() override { on_readable(); }
    std::unique_ptr<net::TlsStream> stream;
    int lives = 0;
  };
  for (const int lives : {1, 2}) {  // told from below, and of what was left
    TlsPair pair;
    connect(pair);
    REQUIRE(pair.shake_hands());
    Owner owner;
    owner.lives = lives;
    owner.stream = std::move(pair.server.stream);
    owner.stream->set_events(&owner);
    owner.stream->want({.read = true, .write = false});
    pair.client.send("more than ten bytes, for two reads");
    CHECK(pair.run_until([&] { return !owner.stream; }));
    CHECK(pair.run_until([&] { return pair.client.ended; }));
  }
}

TEST_CASE("a stream below that breaks keeps its error") {
  TlsPair pair;
  connect(pair);
  SUBCASE("in the handshake") {
    pair.run_turns(1);
    pair.cable.right->peer_reset = true;
    pair.cable.right->stream->wake();
    pair.loop.run_once(base::Duration(0));
    CHECK(pair.server.error == ECONNRESET);
    CHECK(pair.server.stream->failure() == TlsFailure::peer_closed);
  }
  SUBCASE("later") {
    REQUIRE(pair.shake_hands());
    pair.cable.right->peer_reset = true;
    pair.cable.right->stream->wake();
    pair.loop.run_once(base::Duration(0));
    CHECK(pair.server.error == ECONNRESET);
    CHECK(pair.server.stream->failure() == TlsFailure::none);
  }
}

TEST_CASE("a connection that does not come about ends the handshake") {
  TlsPair pair;
  pair.cable.left->habits.accepts = false;
  connect(pair);
  pair.run_turns(20);
  CHECK_FALSE(pair.client.established);
  CHECK(pair.cable.left->to_peer.empty());
  pair.cable.left->habits.accepts = true;
  pair.cable.left->stream->wake();
  CHECK(pair.shake_hands());
}

// --- what is no TLS

TEST_CASE("the first bytes tell what does not speak TLS") {
  struct Row {
    std::string bytes;
    TlsFailure failure;
  };
  const std::string long_word(33, 'A');
  const Row rows[] = {
      {"GET / HTTP/1.1\r\n", TlsFailure::plain_http},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", TlsFailure::plain_http},
      {"VERSION-CONTROL / HTTP/1.1\r\n", TlsFailure::not_tls},
      {"G", TlsFailure::none},
      {"GET", TlsFailure::none},
      {"GET ", TlsFailure::plain_http},
      {"SSH-2.0-OpenSSH_9.2\r\n", TlsFailure::not_tls},
      {long_word, TlsFailure::not_tls},
      {"hello there, this is not TLS", TlsFailure::not_tls},
      {std::string("\x16\x03", 2), TlsFailure::none},
      {std::string("\x16\x03\x01\x00\x05hello", 10), TlsFailure::not_tls},
      {std::string("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 13), TlsFailure::not_tls},
      {std::string("\x80\x09\x01\x00\x02\x00\x03\x00\x00\x00\x00", 11), TlsFailure::malformed},
  };
  for (const bool nasty : {false, true}) {
    for (const Row& row : rows) {
      CAPTURE(row.bytes);
      CAPTURE(nasty);
      TlsPair pair(nasty ? test::kNasty : test::kCalm);
      pair.serve(hosts().server);
      pair.cable.right->to_stream = row.bytes;
      pair.cable.right->stream->wake();
      for (int turn = 0; turn < 200; ++turn) pair.loop.run_once(base::Duration(0));
      CHECK(pair.server.stream->failure() == row.failure);
      CHECK(pair.server.error == (row.failure == TlsFailure::none ? 0 : EPROTO));
    }
  }
}

TEST_CASE("a request in clear can be answered in clear") {
  for (const bool nasty : {false, true}) {
    TlsPair pair(nasty ? test::kNasty : test::kCalm);
    pair.serve(hosts().server);
    pair.cable.right->to_stream = "GET /path HTTP/1.1\r\n\r\n";
    pair.cable.right->stream->wake();
    REQUIRE(pair.run_until([&] { return pair.server.error != 0; }));
    REQUIRE(pair.server.stream->failure() == TlsFailure::plain_http);
    std::string first;
    const std::unique_ptr<net::ByteStream> below = pair.server.stream->release_plain(first);
    pair.server.stream.reset();
    CHECK(first + pair.cable.right->to_stream == "GET /path HTTP/1.1\r\n\r\n");
    CHECK(pair.cable.right->to_peer.empty());  // not even an alert
    char answer[] = "HTTP/1.1 400 ";
    const iovec part{answer, sizeof answer - 1};
    below->write({&part, 1});
    below->write({&part, 1});
    CHECK(pair.cable.right->to_peer.starts_with("H"));
  }
}

TEST_CASE("a handshake beyond all measure is given up") {
  TlsPair pair;
  pair.serve(hosts().server);
  // A ClientHello of 131 071 bytes in records of 16 384.
  const std::string record("\x16\x03\x01\x40\x00", 5);
  std::string& to_server = pair.cable.right->to_stream;
  to_server = record + std::string("\x01\x01\xff\xff\x03\x03", 6) + std::string(16'378, 'x');
  for (int more = 0; more < 7; ++more) to_server += record + std::string(16'384, 'x');
  pair.cable.right->stream->wake();
  for (int turn = 0; turn < 100; ++turn) pair.loop.run_once(base::Duration(0));
  CHECK(pair.server.stream->failure() == TlsFailure::too_large);
}

TEST_CASE("a peer that leaves in the handshake is known for it") {
  TlsPair pair;
  pair.serve(hosts().server);
  pair.cable.right->to_stream = std::string("\x16\x03\x01", 3);
  pair.cable.right->peer_shut = true;
  pair.cable.right->stream->wake();
  REQUIRE(pair.run_until([&] { return pair.server.error != 0; }));
  CHECK(pair.server.error == EPROTO);
  CHECK(pair.server.stream->failure() == TlsFailure::peer_closed);
}

TEST_CASE("bytes that were changed on the way end the connection with an alert") {
  TlsPair pair;
  connect(pair);
  REQUIRE(pair.shake_hands());
  REQUIRE(pair.exchange_greetings());
  pair.cable.right->to_stream = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  pair.cable.right->stream->wake();
  REQUIRE(pair.run_until([&] { return pair.client.error != 0; }));
  CHECK(pair.server.error == EPROTO);
  CHECK(pair.server.stream->failure() == TlsFailure::malformed);
  CHECK(pair.client.stream->failure() == TlsFailure::peer_alert);
  CHECK(pair.client.stream->failure_detail() == "sslv3 alert bad record mac");
  char into[16];
  CHECK(pair.server.stream->read(into).error == EPROTO);
  const iovec part{into, sizeof into};
  CHECK(pair.server.stream->write({&part, 1}).error == EPROTO);
}

TEST_CASE("a client does not get to negotiate again") {
  limit_version(TLS1_2_VERSION);
  TlsPair pair;
  pair.serve(hosts().server);
  test::RawTlsClient client(pair, hosts().client->native());
  limit_version(TLS1_3_VERSION);
  REQUIRE(client.shake_hands());
  SSL_clear_options(client.ssl(), SSL_OP_NO_RENEGOTIATION);
  REQUIRE(SSL_renegotiate(client.ssl()) == 1);
  SSL_do_handshake(client.ssl());
  client.exchange();
  client.read();
  CHECK(SSL_do_handshake(client.ssl()) != 1);  // no_renegotiation
  ERR_clear_error();
  CHECK(pair.server.error == 0);
}

TEST_CASE("keys are changed as often as a client likes") {
  TlsPair pair;
  pair.serve(hosts().server);
  test::RawTlsClient client(pair, hosts().client->native());
  REQUIRE(client.shake_hands());
  for (int update = 0; update < 1000; ++update) {
    SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(client.ssl());
  }
  CHECK(client.write("hello"));
  CHECK(pair.server.received == "hello");
  pair.server.send("welcome");
  client.exchange();
  CHECK(client.read() == "welcome");
}

// --- calls of the stream below

namespace {

// Counts what is asked of a memory stream.
class CountingStream final : public net::ByteStream {
 public:
  struct Calls {
    int reads = 0;
    int writes = 0;
  };
  CountingStream(std::unique_ptr<test::MemoryStream> below, Calls& calls)
      : below_(std::move(below)), calls_(calls) {}

  void set_events(net::StreamEvents* events) override { below_->set_events(events); }
  void want(net::Interest interest) override { below_->want(interest); }
  net::Interest wanted() const override { return below_->wanted(); }
  IoResult established() override { return below_->established(); }
  IoResult read(std::span<char> into) override {
    ++calls_.reads;
    return below_->read(into);
  }
  IoResult write(std::span<const iovec> parts) override {
    ++calls_.writes;
    return below_->write(parts);
  }
  IoResult shutdown_write() override { return below_->shutdown_write(); }
  void reset_on_close() override { below_->reset_on_close(); }

 private:
  std::unique_ptr<test::MemoryStream> below_;
  Calls& calls_;
};

struct CountedPair : TlsPair {
  CountedPair() {
    serve(hosts().server);
    client.own(net::TlsStream::connect(
        scratch,
        std::make_unique<CountingStream>(std::make_unique<test::MemoryStream>(loop, cable.left), calls),
        *hosts().client, {.server_name = "a.example"}));
    REQUIRE(exchange_greetings());
    calls = {};
  }
  CountingStream::Calls calls;
};

}  // namespace

TEST_CASE("all records of a write go out together") {
  CountedPair pair;
  pair.client.send(std::string(60'000, 'x'));
  CHECK(pair.calls.writes == 1);
  CHECK(pair.client.to_send.empty());
  CHECK(pair.run_until([&] { return pair.server.received.size() == 60'005; }));
}

TEST_CASE("the last bytes and close_notify go out together") {
  CountedPair pair;
  pair.client.stream->last_write_comes();
  char bytes[] = "the end";
  const iovec part{bytes, 7};
  CHECK(pair.client.stream->write({&part, 1}).bytes == 7);
  CHECK(pair.client.stream->shutdown_write().kind == IoResult::Kind::done);
  CHECK(pair.calls.writes == 1);
  CHECK(pair.cable.left->stream_shut);
  REQUIRE(pair.run_until([&] { return pair.server.ended; }));
  CHECK(pair.server.received == "hellothe end");
  CHECK_FALSE(pair.server.stream->truncated());
}

TEST_CASE("one receive takes all records that have come, and hears of no emptiness") {
  CountedPair pair;
  for (int record = 0; record < 5; ++record) {
    pair.server.send("a record of its own. ");
  }
  pair.cable.carry();
  std::vector<char> into(1000);
  CHECK(pair.client.stream->read(into).bytes == 105);
  CHECK(pair.calls.reads == 1);
}
