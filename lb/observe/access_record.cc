#include "lb/observe/access_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>

#include "lb/observe/json_text.h"

namespace weir::observe {
namespace {

constexpr std::size_t kFixedRoom = 1024;  // all keys, numbers and the time

// A line in the making, in memory that is large enough (room_for). Keys come with their punctuation: ,"key":
class Line {
 public:
  explicit Line(char* at) : at_(at) {}

  char* end() const { return at_; }

  void raw(std::string_view bytes) {
    std::copy_n(bytes.data(), bytes.size(), at_);
    at_ += bytes.size();
  }
  void escaped(std::string_view bytes) { at_ = put_json_text(at_, bytes); }

  void text(std::string_view key, std::string_view value) {
    raw(key);
    *at_++ = '"';
    escaped(value);
    *at_++ = '"';
  }
  void number(std::string_view key, std::uint64_t value) {
    raw(key);
    const fmt::format_int digits(value);
    raw({digits.data(), digits.size()});
  }
  // With six places, or -1.
  void seconds(std::string_view key, base::Duration duration) {
    raw(key);
    if (duration.count() < 0) return raw("-1");
    const auto microseconds = static_cast<std::uint64_t>(duration.count()) / 1000;
    number({}, microseconds / 1'000'000);
    *at_ = '.';
    std::uint64_t rest = microseconds % 1'000'000;
    for (int i = 6; i > 0; --i, rest /= 10) at_[i] = static_cast<char>('0' + rest % 10);
    at_ += 7;
  }

 private:
  char* at_;
};

std::size_t room_for(const AccessRecord& record) {
  std::size_t room = kFixedRoom;
  for (const std::string_view text :
       {record.type, record.listener, record.client, record.target_group, record.target, record.target_id,
        record.zone, record.rule, record.method, record.scheme, record.authority, record.request_target,
        record.protocol, record.user_agent, record.request_id, record.trace_id, record.reason,
        record.classification, record.classification_reason}) {
    room += json_room(text.size());
  }
  return room;
}

bool names_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  return colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
}

// scheme://host:port/path?query; without a path for "*" (RFC 9110 7.1) and for CONNECT; and only the request
// target where the client named no host.
void put_url(Line& line, const AccessRecord& record) {
  line.raw(R"(,"url":")");
  const bool absolute = !record.authority.empty();
  if (absolute) {
    line.escaped(record.scheme);
    line.raw("://");
    line.escaped(record.authority);
    if (record.port != 0 && !names_port(record.authority)) line.number(":", record.port);
  }
  const bool path = record.request_target.starts_with('/');
  if (!absolute || path) line.escaped(record.request_target);
  line.raw("\"");
}

void put_request(Line& line, const AccessRecord& record) {
  line.text(R"(,"type":)", record.type);
  line.text(R"(,"listener":)", record.listener);
  line.text(R"(,"client":)", record.client);
  line.number(R"(,"client_port":)", record.client_port);
  line.text(R"(,"target_group":)", record.target_group);
  line.text(R"(,"target":)", record.target);
  line.text(R"(,"target_id":)", record.target_id);
  line.text(R"(,"zone":)", record.zone);
  line.text(R"(,"rule":)", record.rule);
  line.text(R"(,"method":)", record.method);
  put_url(line, record);
  line.text(R"(,"protocol":)", record.protocol);
}

void put_outcome(Line& line, const AccessRecord& record) {
  line.number(R"(,"status":)", record.status);
  if (record.target_status == 0) {
    line.raw(R"(,"target_status":null)");
  } else {
    line.number(R"(,"target_status":)", record.target_status);
  }
  line.number(R"(,"received_bytes":)", record.received_bytes);
  line.number(R"(,"sent_bytes":)", record.sent_bytes);
  line.text(R"(,"user_agent":)", record.user_agent);
  line.text(R"(,"request_id":)", record.request_id);
  line.text(R"(,"trace_id":)", record.trace_id);
  line.seconds(R"(,"queue_seconds":)", record.queue);
  line.seconds(R"(,"connect_seconds":)", record.connect);
  line.seconds(R"(,"first_byte_seconds":)", record.first_byte);
  line.seconds(R"(,"total_seconds":)", record.total);
  line.number(R"(,"attempts":)", record.attempts);
  line.raw(record.target_connection_reused ? R"(,"reused":true)" : R"(,"reused":false)");
  line.text(R"(,"reason":)", record.reason);
  line.text(R"(,"classification":)", record.classification);
  line.text(R"(,"classification_reason":)", record.classification_reason);
}

}  // namespace

void AccessFormatter::append(std::string& out, const AccessRecord& record) {
  const std::size_t before = out.size();
  set_time(record.time);
  out.resize_and_overwrite(before + room_for(record), [&](char* bytes, std::size_t) {
    Line line(bytes + before);
    line.raw({time_, sizeof time_ - 1});
    put_request(line, record);
    put_outcome(line, record);
    line.raw("}\n");
    return static_cast<std::size_t>(line.end() - bytes);
  });
}

// The date is made anew only when the second changes.
void AccessFormatter::set_time(base::WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  if (whole.time_since_epoch().count() != second_) {
    second_ = whole.time_since_epoch().count();
    const std::time_t seconds = second_;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::strftime(time_, sizeof time_, R"({"time":"%Y-%m-%dT%H:%M:%S.000Z")", &parts);
  }
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - whole).count();
  char* const fraction = std::strchr(time_, '.') + 1;
  fraction[0] = static_cast<char>('0' + milliseconds / 100);
  fraction[1] = static_cast<char>('0' + milliseconds / 10 % 10);
  fraction[2] = static_cast<char>('0' + milliseconds % 10);
}

}  // namespace weir::observe
