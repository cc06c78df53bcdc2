#include "lb/wire/http2_client.h"

#include <doctest/doctest.h>

#include <list>
#include <optional>

#include "tests/support/http2_peer.h"
#include "tests/support/memory_stream.h"
#include "tests/unit/wire/turns.h"

namespace weir::test {
namespace {

using http::H2Error;
using http::H2FrameType;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Attempt final : wire::ClientHandler {
  wire::Http2ClientStream* stream = nullptr;
  std::vector<std::uint16_t> statuses;
  std::string body;
  std::string trailer;  // the value of "t"
  bool ended = false;
  int connected = 0;
  int congested = 0;
  std::optional<wire::Failure> failed;

  void on_response_head(http::ResponseHead& head) override { statuses.push_back(head.status); }
  void on_body(std::string_view piece) override { body += piece; }
  void on_end(const http::FieldList& trailers) override {
    CHECK_FALSE(ended);
    ended = true;
    trailer = trailers.find("t").value_or("");
  }
  void on_target_failed(const wire::Failure& failure) override {
    CHECK_FALSE(failed);
    failed = failure;
  }
  void on_connected() override { ++connected; }
  void on_congested() override { ++congested; }
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}

  bool failed_by(wire::Reason reason) const { return failed && failed->reason == reason; }
};

// A connection to a target that a test plays, frame by frame; the clock stands still.
class Scene final : public wire::Http2ClientOwner {
 public:
  ~Scene() {
    if (client_ && !closed) client_->break_off({});
    client_.reset();
    loop_.settle();
  }

  wire::ClientPolicy policy;
  wire::Http2Policy http2;
  MemoryHabits habits{
      .read_size = 4000, .write_size = 40'000, .window = 1'000'000, .stutter = true, .accepts = true};
  bool closed = false;
  int rooms = 0;

  void start(bool connecting = false) {
    pipe_->habits = habits;
    target_ = std::make_unique<Http2Peer>(
        std::make_unique<MemoryPeer>([this] { loop_.run_once(base::Duration::zero()); }, pipe_));
    within_turn([&] {
      client_ =
          std::make_unique<wire::Http2Client>(context_, shared_, std::make_unique<MemoryStream>(loop_, pipe_),
                                              connecting, policy, http2, "http", *this);
    });
  }
  // start(), and both sides know the other's settings.
  void greet(std::string_view settings = {}) {
    start();
    CHECK(target_->bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
    CHECK(target_->next().is(H2FrameType::settings));
    CHECK(target_->next().is(H2FrameType::window_update, 0));
    target_->settings(settings);
    CHECK(target_->next().is(H2FrameType::settings));
  }

  Http2Peer& target() { return *target_; }
  wire::Http2Client& client() { return *client_; }
  MemoryPipe& pipe() { return *pipe_; }

  Attempt& get() {
    Attempt& attempt = begin();
    within_turn([&] {
      attempt.stream->send_head(request());
      attempt.stream->finish({});
    });
    return attempt;
  }
  Attempt& post(std::string_view content, bool ends) {
    Attempt& attempt = begin();
    http::OutgoingRequest head = request();
    head.method = http::Method::post;
    head.method_text = "POST";
    head.body = {http::Body::Kind::chunked, 0};
    within_turn([&] {
      attempt.stream->send_head(head);
      attempt.stream->send_body(context_.turn.keep(std::string(content)));
      if (ends) attempt.stream->finish({});
    });
    return attempt;
  }
  Attempt& begin() {
    Attempt& attempt = attempts_.emplace_back();
    within_turn([&] { attempt.stream = &client_->begin(attempt); });
    return attempt;
  }
  static http::OutgoingRequest request() {
    http::OutgoingRequest head;
    head.target = "/x";
    head.authority = "a.test";
    return head;
  }
  void within_turn(const std::function<void()>& calls) {
    const wire::Turn::Scope scope(context_.turn);
    calls();
  }
  void settle() {
    const auto turn = [this] { loop_.run_once(base::Duration::zero()); };
    Peer::run_until(turn, [&] { return pipe_->to_stream.empty() || pipe_->stream == nullptr; });
    for (int i = 0; i < kSettleTurns; ++i) turn();
  }
  void advance(base::Duration by) {
    settle();
    clock_.advance(by);
    loop_.fire_timers();
    settle();
  }

 private:
  void on_room(wire::Http2Client&) override { ++rooms; }
  void on_closed(wire::Http2Client&) override { closed = true; }

  base::ManualClock clock_;
  net::Loop loop_{clock_};
  wire::Context context_{loop_};
  wire::Http2Client::Shared shared_;
  std::shared_ptr<MemoryPipe> pipe_ = std::make_shared<MemoryPipe>();
  std::unique_ptr<wire::Http2Client> client_;
  std::unique_ptr<Http2Peer> target_;
  std::list<Attempt> attempts_;
};

void answer(Scene& scene, std::uint32_t stream, std::string_view content) {
  scene.target().headers(stream, {{":status", "200"}}, content.empty());
  if (!content.empty()) scene.target().data(stream, content, true);
  scene.settle();
}

}  // namespace

TEST_CASE("a connection begins with the preface, and with settings that allow no push") {
  Scene scene;
  scene.start();
  CHECK(scene.target().bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
  const Http2Frame settings = scene.target().next();
  REQUIRE(settings.is(H2FrameType::settings));
  CHECK(settings.payload == http2_setting(2, 0) + http2_setting(4, 65536) + http2_setting(6, 65536));
}

TEST_CASE("requests share a connection, and their answers come in any order") {
  Scene scene;
  scene.greet();
  Attempt& first = scene.get();
  Attempt& second = scene.get();
  const Http2Frame head = scene.target().next();
  REQUIRE(head.is(H2FrameType::headers, 1));
  CHECK(head.ends_stream());
  CHECK(head.field(":method") == "GET");
  CHECK(head.field(":scheme") == "http");
  CHECK(head.field(":path") == "/x");
  CHECK(head.field(":authority") == "a.test");
  CHECK(scene.target().next().is(H2FrameType::headers, 3));
  CHECK(first.stream->request_sent() != base::kNever);
  answer(scene, 3, "second");
  CHECK(second.body == "second");
  CHECK(second.ended);
  CHECK_FALSE(first.stream->response_begun());
  answer(scene, 1, "");
  CHECK(first.ended);
  CHECK_FALSE(first.stream->reused());
  CHECK(second.stream->reused());
  const int rooms = scene.rooms;
  scene.within_turn([&] {
    first.stream->release();
    second.stream->release();
    CHECK(scene.rooms == rooms);  // not from inside the call
  });
  scene.settle();
  CHECK(scene.rooms == rooms + 1);
  CHECK(scene.target().waiting().empty());
  CHECK(scene.client().open_streams() == 0);
}

TEST_CASE("content and trailers go both ways, and interim responses come first") {
  Scene scene;
  scene.greet();
  Attempt& attempt = scene.post("question", false);
  CHECK(scene.target().next().is(H2FrameType::headers, 1));
  CHECK(scene.target().next().payload == "question");
  CHECK(attempt.stream->request_sent() == base::kNever);
  scene.within_turn([&] {
    http::FieldList trailers;
    trailers.add("checksum", "1");
    attempt.stream->finish(trailers);
  });
  CHECK(scene.target().next().field("checksum") == "1");
  scene.settle();
  CHECK(attempt.stream->request_sent() != base::kNever);
  scene.target().headers(1, {{":status", "103"}}, false);
  scene.target().headers(1, {{":status", "200"}}, false);
  scene.target().data(1, "answer", false);
  scene.target().headers(1, {{"t", "value"}}, true);
  scene.settle();
  CHECK(attempt.statuses == std::vector<std::uint16_t>{103, 200});
  CHECK(attempt.body == "answer");
  CHECK(attempt.ended);
  CHECK(attempt.trailer == "value");
}

TEST_CASE("no more exchanges begin than the target and the policy allow") {
  Scene scene;
  scene.http2.streams = 5;
  scene.greet(http2_setting(3, 2));
  CHECK(scene.client().room() == 2);
  Attempt& first = scene.get();
  scene.get();
  CHECK(scene.client().room() == 0);
  answer(scene, 1, "");
  CHECK(scene.client().room() == 0);
  scene.within_turn([&] { first.stream->release(); });
  CHECK(scene.client().room() == 1);
  scene.settle();
  const int rooms = scene.rooms;
  scene.target().settings(http2_setting(3, 100));
  scene.settle();
  CHECK(scene.rooms == rooms + 1);
  CHECK(scene.client().room() == 4);
}

TEST_CASE("before the target's settings a connection takes what every target should") {
  Scene scene;
  scene.http2.streams = 1000;
  scene.start();
  CHECK(scene.client().room() == 100);
}

TEST_CASE("a connection ends after its requests, or its age") {
  for (const bool by_age : {false, true}) {
    CAPTURE(by_age);
    Scene scene;
    if (by_age) {
      scene.policy.max_age = seconds(100);
    } else {
      scene.policy.max_requests = 2;
    }
    scene.greet();
    Attempt& first = scene.get();
    CHECK(scene.client().room() != 0);
    Attempt& second = scene.get();
    scene.settle();
    if (by_age) scene.advance(seconds(100) + kJustAfter);
    CHECK(scene.client().room() == 0);
    answer(scene, 1, "x");
    answer(scene, 3, "y");
    scene.within_turn([&] {
      first.stream->release();
      second.stream->release();
    });
    CHECK(scene.target().next(H2FrameType::goaway).error() == H2Error::no_error);
    CHECK(scene.target().bytes().wait_gone());
    scene.target().bytes().close();
    scene.settle();
    CHECK(scene.closed);
  }
}

TEST_CASE("content before the head of a response is no response") {
  Scene scene;
  scene.greet();
  Attempt& attempt = scene.get();
  scene.settle();
  SUBCASE("nothing has come") {}
  SUBCASE("an interim response has") { scene.target().headers(1, {{":status", "103"}}, false); }
  scene.target().data(1, "early", true);
  scene.settle();
  CHECK(attempt.failed_by(wire::Reason::response_malformed));
  CHECK(attempt.body.empty());
  CHECK(scene.target().next(H2FrameType::rst_stream, 1).error() == H2Error::protocol_error);
  CHECK(scene.client().room() != 0);
}

TEST_CASE("streams above the last one of a GOAWAY may be tried elsewhere, the others end") {
  Scene scene;
  scene.greet();
  Attempt& first = scene.get();
  Attempt& second = scene.get();
  scene.settle();
  scene.target().goaway(1, H2Error::no_error);
  scene.settle();
  CHECK_FALSE(first.failed);
  CHECK(second.failed_by(wire::Reason::target_leaving));
  CHECK(scene.client().room() == 0);
  answer(scene, 1, "first");
  CHECK(first.body == "first");
  CHECK_FALSE(scene.closed);
  scene.within_turn([&] { first.stream->release(); });
  CHECK(scene.target().bytes().wait_gone());
  scene.target().bytes().close();
  scene.settle();
  CHECK(scene.closed);
}

TEST_CASE("a reset fails one exchange, and says whether it may be tried elsewhere") {
  struct Row {
    H2Error error;
    wire::Reason reason;
  };
  const Row rows[] = {{H2Error::refused_stream, wire::Reason::stream_refused},
                      {H2Error::internal_error, wire::Reason::target_stream_reset},
                      {H2Error::no_error, wire::Reason::target_stream_reset}};
  for (const Row& row : rows) {
    CAPTURE(to_string(row.error));
    Scene scene;
    scene.greet();
    Attempt& attempt = scene.get();
    Attempt& other = scene.get();
    scene.settle();
    scene.target().rst_stream(1, row.error);
    answer(scene, 3, "x");
    CHECK(attempt.failed_by(row.reason));
    CHECK(other.ended);
  }
}

TEST_CASE("a refusal after a response has begun is none") {
  Scene scene;
  scene.greet();
  Attempt& attempt = scene.get();
  scene.settle();
  scene.target().headers(1, {{":status", "200"}}, false);
  scene.target().rst_stream(1, H2Error::refused_stream);
  scene.settle();
  CHECK(attempt.failed_by(wire::Reason::target_stream_reset));
}

TEST_CASE("a whole response that stops its request is no failure") {
  Scene scene;
  scene.greet(http2_setting(4, 10));
  Attempt& attempt = scene.post(std::string(100'000, 'x'), false);
  scene.settle();
  CHECK(attempt.congested == 1);
  answer(scene, 1, "no");
  scene.target().rst_stream(1, H2Error::no_error);
  scene.settle();
  CHECK(attempt.ended);
  CHECK_FALSE(attempt.failed);
  scene.target().waiting();
  scene.within_turn([&] {
    attempt.stream->send_body("more");
    attempt.stream->finish({});
    attempt.stream->release();
  });
  scene.settle();
  CHECK(scene.target().waiting().empty());
  CHECK(scene.client().open_streams() == 0);
}

TEST_CASE("an exchange that is given up is reset, unless it was complete") {
  Scene scene;
  scene.greet();
  scene.within_turn([&] { scene.begin().stream->cancel(); });  // nothing was sent
  Attempt& attempt = scene.get();
  CHECK(scene.target().next().is(H2FrameType::headers, 3));
  scene.within_turn([&] { attempt.stream->cancel(); });
  CHECK(scene.target().next(H2FrameType::rst_stream, 3).error() == H2Error::cancel);
  answer(scene, 3, "late");
  CHECK(attempt.statuses.empty());
  Attempt& unfinished = scene.post("part", false);
  CHECK(scene.target().next(H2FrameType::data, 5).payload == "part");
  answer(scene, 5, "early");
  scene.within_turn([&] { unfinished.stream->release(); });
  CHECK(scene.target().next(H2FrameType::rst_stream, 5).error() == H2Error::cancel);
  CHECK_FALSE(scene.closed);
}

TEST_CASE("a response that cannot be fails its exchange") {
  struct Row {
    Http2Fields fields;
    bool end_stream;
    std::string content;
  };
  const Row rows[] = {{{{"x", "y"}}, true, ""},
                      {{{":status", "101"}}, false, ""},
                      {{{":status", "100"}}, true, ""},
                      {{{":status", "200"}, {"content-length", "5"}}, false, "four"},
                      {{{":status", "200"}, {"content-length", "5"}}, false, "sixsix"},
                      {{{":status", "200"}, {"connection", "close"}}, true, ""}};
  for (const Row& row : rows) {
    CAPTURE(row.fields[0].second);
    Scene scene;
    scene.greet();
    Attempt& attempt = scene.get();
    scene.settle();
    scene.target().headers(1, row.fields, row.end_stream);
    if (!row.content.empty()) scene.target().data(1, row.content, true);
    scene.settle();
    CHECK(attempt.failed_by(wire::Reason::response_malformed));
    CHECK(scene.target().next(H2FrameType::rst_stream, 1).error() == H2Error::protocol_error);
    CHECK_FALSE(scene.closed);
  }
}

TEST_CASE("a response head over the bound is one that is too large") {
  Scene scene;
  scene.policy.limits.head_bytes = 1000;
  scene.greet();
  Attempt& attempt = scene.get();
  scene.settle();
  scene.target().headers(1, {{":status", "200"}, {"x", std::string(2000, 'x')}}, true);
  scene.settle();
  CHECK(attempt.failed_by(wire::Reason::response_head_too_large));
}

TEST_CASE("a target that pushes, or breaks the rules, loses its connection") {
  for (const std::string& bytes :
       {http2_frame(H2FrameType::push_promise, 4, 1, http2_u32(2)),
        http2_frame(H2FrameType::headers, 5, 2, http2_block({{":status", "200"}})),
        http2_frame(H2FrameType::headers, 5, 7, http2_block({{":status", "200"}}))}) {
    Scene scene;
    scene.greet();
    Attempt& attempt = scene.get();
    scene.settle();
    scene.target().send(bytes);
    CHECK(scene.target().next(H2FrameType::goaway).error() == H2Error::protocol_error);
    scene.settle();
    CHECK(attempt.failed_by(wire::Reason::response_malformed));
    CHECK(scene.client().room() == 0);
  }
}

TEST_CASE("a target that answers with HTTP/1 is told from one that sends other garbage") {
  struct Row {
    std::string_view bytes;
    std::size_t first;  // so many of them come alone
    std::string_view word;
  };
  for (const Row& row :
       {Row{"HTTP/1.1 400 Bad Request\r\n\r\n", 0, "http1_answer"},
        Row{"HTTP/1.0 505 No\r\n\r\n", 7, "http1_answer"}, Row{"SSH-2.0-OpenSSH_9.2\r\n", 0, "bad_frame"}}) {
    CAPTURE(row.bytes);
    Scene scene;
    scene.start();
    const Attempt& attempt = scene.get();
    scene.target().send(row.bytes.substr(0, row.first));
    scene.settle();
    scene.target().send(row.bytes.substr(row.first));
    scene.settle();
    CHECK(attempt.failed_by(wire::Reason::response_malformed));
    CHECK(scene.client().fault().error == H2Error::frame_size_error);
    CHECK(scene.client().fault().word == row.word);
  }
}

TEST_CASE("a connection that ends fails its exchanges by how far they were") {
  for (const bool reset : {false, true}) {
    CAPTURE(reset);
    Scene scene;
    scene.greet();
    Attempt& waiting = scene.get();
    Attempt& begun = scene.get();
    scene.settle();
    scene.target().headers(3, {{":status", "200"}}, false);
    scene.settle();
    if (reset) {
      scene.target().bytes().reset();
    } else {
      scene.target().bytes().close();
    }
    scene.settle();
    CHECK(waiting.failed_by(reset ? wire::Reason::target_reset : wire::Reason::target_closed));
    CHECK(begun.failed_by(wire::Reason::response_truncated));
    CHECK(scene.closed);
  }
}

TEST_CASE("an idle connection notices that its target closes") {
  Scene scene;
  scene.greet();
  scene.target().bytes().close();
  scene.settle();
  CHECK(scene.closed);
}

TEST_CASE("requests may be sent while the connection is being made") {
  Scene scene;
  scene.habits.accepts = false;
  scene.start(/*connecting=*/true);
  Attempt& attempt = scene.post("content", true);
  CHECK(attempt.stream->connecting());
  scene.settle();
  CHECK(scene.pipe().to_peer.empty());
  scene.pipe().habits.accepts = true;
  scene.pipe().stream->wake();
  CHECK(scene.target().bytes().read_bytes(http::kH2Preface.size()) == http::kH2Preface);
  CHECK(scene.target().next(H2FrameType::data, 1).payload == "content");
  CHECK(attempt.connected == 1);
  CHECK_FALSE(attempt.stream->connecting());
  scene.target().settings();
  answer(scene, 1, "x");
  CHECK(attempt.ended);
  CHECK_FALSE(attempt.stream->reused());
}

TEST_CASE("a connection that is never made fails in time") {
  Scene scene;
  scene.habits.accepts = false;
  scene.policy.connect = seconds(3);
  scene.start(/*connecting=*/true);
  Attempt& attempt = scene.get();
  scene.advance(seconds(3) + kJustAfter);
  CHECK(attempt.failed_by(wire::Reason::connect_timeout));
  CHECK(scene.closed);
}

TEST_CASE("a response that is late fails its exchange only, if the target answers a PING") {
  Scene scene;
  scene.policy.response = seconds(10);
  scene.greet();
  Attempt& late = scene.get();
  scene.settle();
  scene.advance(seconds(5));
  Attempt& other = scene.get();
  scene.advance(seconds(5) + kJustAfter);
  CHECK(late.failed_by(wire::Reason::response_timeout));
  const Http2Frame ping = scene.target().next(H2FrameType::ping);
  CHECK(scene.target().next(H2FrameType::rst_stream, 1).error() == H2Error::cancel);
  CHECK(scene.client().room() == 0);
  scene.target().ping(ping.payload, /*ack=*/true);
  scene.settle();
  CHECK(scene.client().room() != 0);
  scene.advance(seconds(4));
  answer(scene, 3, "x");
  CHECK(other.ended);
}

TEST_CASE("a target that answers neither a request nor a PING loses its connection") {
  Scene scene;
  scene.policy.response = seconds(10);
  scene.greet();
  Attempt& late = scene.get();
  scene.advance(seconds(6));
  Attempt& other = scene.get();
  scene.advance(seconds(4) + kJustAfter);
  CHECK(late.failed);
  CHECK_FALSE(other.failed);
  scene.advance(seconds(5) + kJustAfter);
  CHECK(other.failed_by(wire::Reason::response_timeout));
  CHECK(scene.closed);
}

TEST_CASE("a response that stands still fails its exchange") {
  Scene scene;
  scene.policy.idle = seconds(10);
  scene.greet();
  Attempt& attempt = scene.get();
  scene.settle();
  scene.target().headers(1, {{":status", "200"}}, false);
  scene.advance(seconds(9));
  scene.target().data(1, "x", false);
  scene.advance(seconds(9));
  CHECK_FALSE(attempt.failed);
  scene.within_turn([&] { attempt.stream->pause(); });
  scene.advance(seconds(100));
  CHECK_FALSE(attempt.failed);
  scene.within_turn([&] { attempt.stream->resume(); });
  scene.advance(seconds(10) + kJustAfter);
  CHECK(attempt.failed_by(wire::Reason::response_idle_timeout));
}

TEST_CASE(
    "the rule's time for the response counts before the policy's, and a window that stays shut with it") {
  Scene scene;
  scene.policy.response = seconds(100);
  scene.greet(http2_setting(4, 10));
  Attempt& quick = scene.get();
  quick.stream->set_response_timeout(seconds(5));
  Attempt& shut = scene.post("more than ten bytes", true);
  shut.stream->set_response_timeout(seconds(8));
  scene.advance(seconds(5) + kJustAfter);
  CHECK(quick.failed_by(wire::Reason::response_timeout));
  CHECK_FALSE(shut.failed);
  scene.advance(seconds(3) + kJustAfter);
  CHECK(shut.failed_by(wire::Reason::response_timeout));
}

TEST_CASE("with a PING interval a silent target is asked while exchanges wait") {
  Scene scene;
  scene.http2.ping = seconds(30);
  scene.greet();
  scene.advance(seconds(60));
  CHECK(scene.target().waiting().empty());
  Attempt& attempt = scene.get();
  scene.advance(seconds(29));
  CHECK(scene.target().next().is(H2FrameType::headers));
  scene.advance(seconds(1) + kJustAfter);
  CHECK(scene.target().next().is(H2FrameType::ping));
  scene.advance(seconds(5) + kJustAfter);
  CHECK(attempt.failed);
  CHECK(scene.closed);
}

}  // namespace weir::test
