#include "tests/e2e/http2_scene.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace weir::e2e {
namespace {

using http::H2Error;
using http::H2FrameType;

constexpr std::uint16_t kInitialWindow = 4;  // RFC 9113 6.5.2
constexpr std::size_t kMaxFrame = http::kH2MinMaxFrame;

net::Fd connect_to(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in native{};
  native.sin_family = AF_INET;
  native.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &native.sin_addr);
  net::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&native), sizeof native) != 0) {
    throw std::runtime_error("cannot connect to " + address);
  }
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

// Until something has come, for a moment at the most.
void wait_a_moment(int fd, Milliseconds most = Milliseconds(2)) {
  pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
  ::poll(&one, 1, static_cast<int>(most.count()));
}

std::string value_of(const Http2Fields& fields, std::string_view name) {
  for (const auto& [its_name, value] : fields) {
    if (its_name == name) return value;
  }
  return {};
}

}  // namespace

std::string http2_to(const std::string& target, const std::string& settings, const std::string& http2) {
  return web_to(target, fmt::format("    http2: {}\n{}", http2, settings));
}

Http2Fields request_fields(std::string_view path, const Http2Fields& more) {
  Http2Fields fields{
      {":method", "GET"}, {":scheme", "http"}, {":path", std::string(path)}, {":authority", "a.test"}};
  for (const auto& field : more) {
    const auto same = std::ranges::find(fields, field.first, &Http2Fields::value_type::first);
    if (same != fields.end() && field.first.starts_with(':')) {
      same->second = field.second;
    } else {
      fields.push_back(field);
    }
  }
  return fields;
}

std::string Http2Answer::field(std::string_view name) const { return value_of(fields, name); }

// --- one client

Http2Client::Http2Client(const std::string& address, std::string_view settings) {
  net::Fd socket = connect_to(address);
  fd_ = socket.get();
  peer_ = std::make_unique<Http2Peer>(
      std::make_unique<SocketPeer>([fd = fd_] { wait_a_moment(fd); }, std::move(socket)));
  peer_->preface(settings);
}

std::uint32_t Http2Client::begin(const Http2Fields& fields, bool end_stream) {
  const std::uint32_t stream = std::exchange(next_stream_, next_stream_ + 2);
  peer_->headers(stream, fields, end_stream);
  return stream;
}

std::int64_t& Http2Client::window(std::uint32_t stream) {
  const std::uint32_t initial = settings_.contains(kInitialWindow) ? settings_[kInitialWindow] : 65535;
  return windows_.try_emplace(stream, initial).first->second;
}

std::size_t Http2Client::send(std::uint32_t stream, std::string_view content, bool end_stream,
                              Milliseconds patience) {
  until([this] { return settings_seen_; });
  const Stopwatch watch;
  std::size_t sent = 0;
  for (;;) {
    const std::int64_t room = std::min(connection_window_, window(stream));
    const std::size_t now = std::min(
        {content.size() - sent, kMaxFrame, static_cast<std::size_t>(std::max(room, std::int64_t{0}))});
    const bool last = sent + now == content.size();
    if (now != 0 || last) {
      peer_->data(stream, content.substr(sent, now), end_stream && last);
      sent += now;
      connection_window_ -= static_cast<std::int64_t>(now);
      window(stream) -= static_cast<std::int64_t>(now);
      if (last) return sent;
      continue;
    }
    const bool heard = catch_up();
    if (answers_[stream].whole || answers_[stream].reset) return sent;
    if (!heard && (watch.elapsed() > patience || peer_->bytes().gone())) return sent;
    if (!heard) wait_a_moment(fd_, Milliseconds(20));
  }
}

bool Http2Client::step() {
  const Http2Frame frame = peer_->next();
  take(frame);
  return !frame.is(H2FrameType{0xff});
}

bool Http2Client::catch_up() {
  const std::vector<Http2Frame> frames = peer_->waiting();
  for (const Http2Frame& frame : frames) take(frame);
  return !frames.empty();
}

void Http2Client::take(const Http2Frame& frame) {
  switch (frame.head.type) {
    case H2FrameType::data: take_data(frame); break;
    case H2FrameType::headers: take_headers(frame); break;
    case H2FrameType::rst_stream: answers_[frame.head.stream].reset = frame.error(); break;
    case H2FrameType::settings:
      if (!frame.head.has(http::h2_flag::kAck)) take_settings(frame.payload);
      break;
    case H2FrameType::ping:
      if (frame.head.has(http::h2_flag::kAck)) {
        ++pongs_;
      } else {
        peer_->ping(frame.payload, /*ack=*/true);
      }
      break;
    case H2FrameType::goaway:
      goaways_.push_back({http::read_u32(frame.payload.data()) & http::kH2MaxStreamId, frame.error(),
                          frame.payload.substr(8)});
      break;
    case H2FrameType::window_update: take_window_update(frame); break;
    default: break;
  }
}

void Http2Client::take_settings(std::string_view payload) {
  for (; payload.size() >= 6; payload.remove_prefix(6)) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(payload[at]); };
    settings_[static_cast<std::uint16_t>(byte(0) << 8 | byte(1))] = http::read_u32(payload.data() + 2);
  }
  settings_seen_ = true;
  peer_->send(H2FrameType::settings, http::h2_flag::kAck, 0, {});
}

void Http2Client::take_data(const Http2Frame& frame) {
  const std::uint32_t stream = frame.head.stream;
  Http2Answer& answer = answers_[stream];
  answer.body += frame.payload;
  answer.whole = frame.ends_stream();
  if (frame.payload.empty() || std::ranges::find(untaken_, stream) != untaken_.end()) return;
  const auto taken = static_cast<std::uint32_t>(frame.payload.size());
  peer_->window_update(0, taken);
  if (!answer.whole) peer_->window_update(stream, taken);
}

void Http2Client::take_headers(const Http2Frame& frame) {
  Http2Answer& answer = answers_[frame.head.stream];
  const std::string status = frame.field(":status");
  if (answer.status != 0) {
    answer.trailers = frame.fields;
  } else if (status.starts_with('1')) {
    answer.interim.push_back(std::stoi(status));
  } else {
    answer.status = status.empty() ? 0 : std::stoi(status);
    answer.fields = frame.fields;
  }
  answer.whole = frame.ends_stream();
}

void Http2Client::take_window_update(const Http2Frame& frame) {
  (frame.head.stream == 0 ? connection_window_ : window(frame.head.stream)) += frame.number();
}

Http2Answer Http2Client::answer(std::uint32_t stream) {
  until([&] { return answers_[stream].whole || answers_[stream].reset; });
  return answers_[stream];
}

bool Http2Client::settle() {
  const std::uint64_t number = ++pings_;
  peer_->ping("settling");
  return until([&] { return pongs_ >= number; }) && pongs_ >= number;
}

bool Http2Client::closes() {
  while (step()) {
  }
  return peer_->bytes().gone();
}

std::uint32_t Http2Client::setting(std::uint16_t id) const {
  const auto found = settings_.find(id);
  return found == settings_.end() ? 0 : found->second;
}

// --- many clients

Http2Traffic::Http2Traffic(std::string address, std::vector<std::string> paths, std::size_t connections,
                           std::size_t streams)
    : address_(std::move(address)), paths_(std::move(paths)), streams_(streams) {
  for (std::size_t i = 0; i < connections; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

Http2Traffic::~Http2Traffic() { stop(); }

std::vector<std::string> Http2Traffic::stop() {
  for (std::jthread& thread : threads_) thread.request_stop();
  for (std::jthread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
  return problems_;
}

void Http2Traffic::problem(const std::string& text) {
  const std::lock_guard lock(mutex_);
  if (problems_.size() < 20) problems_.push_back(text);
}

void Http2Traffic::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::optional<Http2Client> client;
    try {
      client.emplace(address_);
    } catch (const std::exception&) {
      ++unheard_;
      return;
    }
    if (!serve(*client, stop)) return;
  }
}

// Until the client is told to leave, or asked to.
bool Http2Traffic::serve(Http2Client& client, const std::stop_token& stop) {
  std::vector<std::uint32_t> open;
  std::size_t next = 0;
  for (;;) {
    const bool leaves = stop.stop_requested() || !client.goaways().empty();
    while (!leaves && open.size() < streams_) open.push_back(client.get(paths_[next++ % paths_.size()]));
    if (open.empty()) break;
    const bool more = client.step();
    std::erase_if(open, [&](std::uint32_t stream) {
      const Http2Answer& answer = client.so_far(stream);
      if (more && !answer.whole && !answer.reset) return false;
      judge(client, stream, answer);
      return true;
    });
  }
  if (!client.goaways().empty()) ++goaways_;
  return !stop.stop_requested();
}

// A connection that nobody has accepted may end without a word.
void Http2Traffic::judge(const Http2Client& client, std::uint32_t stream, const Http2Answer& answer) {
  if (answer.whole && answer.status == 200) {
    ++answered_;
  } else if (client.settings_seen()) {
    problem(fmt::format("stream {}: status {}, {} bytes, {}, {} GOAWAY", stream, answer.status,
                        answer.body.size(), answer.reset ? to_string(*answer.reset) : "not reset",
                        client.goaways().size()));
  }
}

}  // namespace weir::e2e
