#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/e2e/weir.h"
#include "tests/support/http2_peer.h"

// Clients of HTTP/2, in the clear and by prior knowledge, and a daemon for them.
namespace weir::e2e {

// As web_to(), with HTTP/2 beside HTTP/1.1; `http2` is the value of the key.
std::string http2_to(const std::string& target, const std::string& settings = {},
                     const std::string& http2 = "on");

// The fields of a request; a later one takes the place of an earlier one of its name.
Http2Fields request_fields(std::string_view path, const Http2Fields& more = {});

// What has come of a response.
struct Http2Answer {
  int status = 0;  // 0: none yet
  Http2Fields fields;
  Http2Fields trailers;
  std::vector<int> interim;  // 1xx that came before
  std::string body;
  std::optional<http::H2Error> reset;
  bool whole = false;

  std::string field(std::string_view name) const;  // empty: none
};

// Keeps to the rules, unless a test sends frames of its own: it waits for windows, gives back what it has
// taken, and answers PING. Calls wait as a Peer's do.
class Http2Client {
 public:
  explicit Http2Client(const std::string& address, std::string_view settings = {});

  Http2Peer& frames() { return *peer_; }
  // HEADERS on a new stream.
  std::uint32_t begin(const Http2Fields& fields, bool end_stream);
  std::uint32_t get(std::string_view path) { return begin(request_fields(path), /*end_stream=*/true); }
  // Content, as far as the windows allow within that time: how much went.
  std::size_t send(std::uint32_t stream, std::string_view content, bool end_stream,
                   Milliseconds patience = kPatience);
  // Content of this stream is kept back from now on: its window closes.
  void take_nothing_of(std::uint32_t stream) { untaken_.push_back(stream); }

  // Takes one frame in. False: none comes, the connection is over.
  bool step();
  // Takes in what has come by now. False: nothing has.
  bool catch_up();
  template <class Condition>
  bool until(Condition condition) {
    while (!condition()) {
      if (!step()) return condition();
    }
    return true;
  }
  // As far as it has come.
  Http2Answer& so_far(std::uint32_t stream) { return answers_[stream]; }
  // Waited for: whole, or reset, or as far as it came.
  Http2Answer answer(std::uint32_t stream);
  Http2Answer fetch(const Http2Fields& fields) { return answer(begin(fields, /*end_stream=*/true)); }
  // What was sent so far has been read: a PING there and back.
  bool settle();
  // Reads until the daemon closes.
  bool closes();
  void leave() { peer_->bytes().close(); }

  struct GoAway {
    std::uint32_t last_stream = 0;
    http::H2Error error = http::H2Error::no_error;
    std::string word;
  };
  const std::vector<GoAway>& goaways() const { return goaways_; }
  bool settings_seen() const { return settings_seen_; }
  std::uint32_t setting(std::uint16_t id) const;  // as the daemon's SETTINGS say; 0: not there

 private:
  void take(const Http2Frame& frame);
  void take_settings(std::string_view payload);
  void take_data(const Http2Frame& frame);
  void take_headers(const Http2Frame& frame);
  void take_window_update(const Http2Frame& frame);
  std::int64_t& window(std::uint32_t stream);

  std::unique_ptr<Http2Peer> peer_;
  int fd_;
  std::uint32_t next_stream_ = 1;
  std::uint64_t pings_ = 0;
  std::uint64_t pongs_ = 0;
  bool settings_seen_ = false;
  std::map<std::uint16_t, std::uint32_t> settings_;
  std::int64_t connection_window_ = 65535;
  std::map<std::uint32_t, std::int64_t> windows_;
  std::vector<std::uint32_t> untaken_;
  std::map<std::uint32_t, Http2Answer> answers_;
  std::vector<GoAway> goaways_;
};

// Clients that ask all the time, each for many things at once, and leave a connection when they are told to.
// What is not answered properly is a problem, also what is refused: who keeps to GOAWAY loses nothing.
class Http2Traffic {
 public:
  Http2Traffic(std::string address, std::vector<std::string> paths, std::size_t connections,
               std::size_t streams);
  ~Http2Traffic();

  int answered() const { return answered_; }
  int goaways() const { return goaways_; }
  // Nobody accepts any more.
  bool unheard() const { return unheard_ == threads_.size(); }
  std::vector<std::string> stop();

 private:
  void run(const std::stop_token& stop);
  bool serve(Http2Client& client, const std::stop_token& stop);
  void judge(const Http2Client& client, std::uint32_t stream, const Http2Answer& answer);
  void problem(const std::string& text);

  const std::string address_;
  const std::vector<std::string> paths_;
  const std::size_t streams_;
  std::atomic<int> answered_{0};
  std::atomic<int> goaways_{0};
  std::atomic<std::size_t> unheard_{0};
  std::mutex mutex_;
  std::vector<std::string> problems_;  // guarded by mutex_
  std::vector<std::jthread> threads_;
};

}  // namespace weir::e2e
