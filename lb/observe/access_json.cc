#include "lb/observe/access_json.h"

#include "lb/observe/access_line.h"
#include "lb/observe/access_url.h"

namespace weir::observe {
namespace {

constexpr std::size_t kFixedRoom = 1024;  // all keys, numbers and the time

// Members by their keys, which come with their punctuation: ,"key":
class Object {
 public:
  explicit Object(AccessLine& line) : line_(line) {}

  // The key has the opening quote with it.
  template <std::size_t size>
  [[gnu::always_inline]] void text(const char (&key)[size], std::string_view value) {
    line_.literal(key);
    line_.escaped(value);
    line_.put('"');
  }
  template <std::size_t size>
  [[gnu::always_inline]] void number(const char (&key)[size], std::uint64_t value) {
    line_.literal(key);
    line_.number(value);
  }
  template <std::size_t size>
  [[gnu::always_inline]] void seconds(const char (&key)[size], base::Duration duration) {
    line_.literal(key);
    line_.seconds(duration);
  }

 private:
  AccessLine& line_;
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

void put_time(AccessLine& line, const AccessRecord& record, AccessTime& time) {
  line.literal(R"({"time":")");
  line.raw(time.date(record.time));
  line.put('.');
  line.digits(microseconds_of(record.time) / 1000, 3);
  line.literal("Z\"");
}

void put_request(AccessLine& line, const AccessRecord& record) {
  Object object(line);
  object.text(R"(,"type":")", record.type);
  object.text(R"(,"listener":")", record.listener);
  object.text(R"(,"client":")", record.client);
  object.number(R"(,"client_port":)", record.client_port);
  object.text(R"(,"target_group":")", record.target_group);
  object.text(R"(,"target":")", record.target);
  object.text(R"(,"target_id":")", record.target_id);
  object.text(R"(,"zone":")", record.zone);
  object.text(R"(,"rule":")", record.rule);
  object.text(R"(,"method":")", record.method);
  line.literal(R"(,"url":")");
  put_url(line, record, [&](std::string_view part) { line.escaped(part); });
  line.put('"');
  object.text(R"(,"protocol":")", record.protocol);
}

void put_outcome(AccessLine& line, const AccessRecord& record) {
  Object object(line);
  object.number(R"(,"status":)", record.status);
  if (record.target_status == 0) {
    line.literal(R"(,"target_status":null)");
  } else {
    object.number(R"(,"target_status":)", record.target_status);
  }
  object.number(R"(,"received_bytes":)", record.received_bytes);
  object.number(R"(,"sent_bytes":)", record.sent_bytes);
  object.text(R"(,"user_agent":")", record.user_agent);
  object.text(R"(,"request_id":")", record.request_id);
  object.text(R"(,"trace_id":")", record.trace_id);
  object.seconds(R"(,"queue_seconds":)", record.queue);
  object.seconds(R"(,"connect_seconds":)", record.connect);
  object.seconds(R"(,"first_byte_seconds":)", record.first_byte);
  object.seconds(R"(,"total_seconds":)", record.total);
  object.number(R"(,"attempts":)", record.attempts);
  line.raw(record.target_connection_reused ? R"(,"reused":true)" : R"(,"reused":false)");
  object.text(R"(,"reason":")", record.reason);
  object.text(R"(,"classification":")", record.classification);
  object.text(R"(,"classification_reason":")", record.classification_reason);
}

}  // namespace

void append_json(std::string& out, const AccessRecord& record, AccessTime& time, std::size_t longest) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + room_for(record), [&](char* bytes, std::size_t) {
    AccessLine line(bytes + before, longest);
    put_time(line, record, time);
    put_request(line, record);
    put_outcome(line, record);
    line.literal("}\n");
    return static_cast<std::size_t>(line.end() - bytes);
  });
}

}  // namespace weir::observe
