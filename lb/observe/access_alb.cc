#include "lb/observe/access_alb.h"

#include <initializer_list>

#include "lb/observe/access_line.h"
#include "lb/observe/access_url.h"

namespace weir::observe {
namespace {

constexpr std::size_t kAlbFixedRoom = 512;  // numbers, times, spaces and dashes

std::size_t alb_room_for(const AccessRecord& record) {
  const AccessTls& tls = record.client->introduction().tls;
  std::size_t room = kAlbFixedRoom + kUrlFixedRoom + 2 * json_room(record.target->address.size());
  for (const std::string_view text : std::initializer_list<std::string_view>{
           record.client->type, record.client->listener, record.client->address, tls.version, tls.cipher,
           tls.server_name, record.target->group, record.route->action, record.redirect_url, record.method,
           record.scheme(), record.authority, record.request_target, record.protocol, record.user_agent,
           record.trace_id, record.reason, record.classification, record.classification_reason}) {
    room += json_room(text.size());
  }
  return room;
}

// Each field with the space in front of it.
class Entry {
 public:
  explicit Entry(AccessLine& line) : line_(line) {}

  AccessLine& field() {
    line_.put(' ');
    return line_;
  }
  void text(std::string_view value) { field().text_or_dash(value); }
  void quoted(std::string_view value) {
    field().put('"');
    line_.text_or_dash(value);
    line_.put('"');
  }
  // ALB's words begin with a capital letter.
  void classification(std::string_view word) {
    if (word.empty()) return quoted(word);
    const char first = word.front();
    const char capital = first >= 'a' && first <= 'z' ? static_cast<char>(first - 'a' + 'A') : first;
    field().put('"');
    line_.quoteless({&capital, 1});
    line_.quoteless(word.substr(1));
    line_.put('"');
  }
  void number(std::uint64_t value) { field().number(value); }
  void time(AccessTime& time, base::WallTime value) { time.put_microseconds(field(), value); }

 private:
  AccessLine& line_;
};

void put_client(AccessLine& line, const AccessRecord& record) {
  const bool is_v6 = record.client->address.contains(':');
  if (is_v6) line.put('[');
  line.text_or_dash(record.client->address);
  if (is_v6) line.put(']');
  line.put(':');
  line.number(record.client->port);
}

// -1 for what the request did not come to: to be sent to a target, to be answered there. The third is the
// time until the head was passed on: at once.
void put_processing_times(Entry& entry, const AccessRecord& record) {
  const bool answered = record.first_byte.count() >= 0;
  entry.field().coarse_seconds(record.request);
  entry.field().coarse_seconds(record.first_byte);
  entry.field().coarse_seconds(answered ? base::Duration() : kNotReached);
}

void put_status(AccessLine& line, unsigned status) {
  if (status == 0) return line.put('-');
  line.number(status);
}

void put_request(AccessLine& line, const AccessRecord& record) {
  line.put('"');
  line.text_or_dash(record.method);
  line.put(' ');
  if (record.authority.empty() && record.request_target.empty()) {
    line.put('-');
  } else {
    put_url(line, record, [&](std::string_view part) { line.quoteless(part); });
  }
  line.put(' ');
  line.text_or_dash(record.protocol);
  line.put('"');
}

void put_entry(AccessLine& line, const AccessRecord& record, AccessTime& time) {
  Entry entry(line);
  const AccessTls& tls = record.client->introduction().tls;
  line.text_or_dash(record.client->type);
  entry.time(time, record.time);
  entry.text(record.client->listener);  // elb
  put_client(entry.field(), record);
  entry.text(record.target->address);
  put_processing_times(entry, record);
  put_status(entry.field(), record.status);
  put_status(entry.field(), record.target_status);
  entry.number(record.received_bytes);
  entry.number(record.sent_bytes);
  put_request(entry.field(), record);
  entry.quoted(record.user_agent);
  entry.text(tls.cipher);            // ssl_cipher
  entry.text(tls.version);           // ssl_protocol
  entry.text(record.target->group);  // target_group_arn
  entry.quoted(record.trace_id);
  entry.quoted(tls.server_name);  // domain_name
  entry.quoted({});               // chosen_cert_arn
  if (record.route->number) {     // matched_rule_priority
    entry.number(*record.route->number);
  } else {
    entry.text({});
  }
  const base::WallTime begun = record.time - std::chrono::duration_cast<base::WallTime::duration>(
                                                 record.total.count() < 0 ? base::Duration() : record.total);
  entry.time(time, begun);  // request_creation_time
  entry.quoted(record.route->action);
  entry.quoted(record.redirect_url);
  entry.quoted(record.reason);           // error_reason
  entry.quoted(record.target->address);  // target:port_list
  entry.field().put('"');                // target_status_code_list
  put_status(line, record.target_status);
  line.put('"');
  entry.classification(record.classification);
  entry.quoted(record.classification_reason);
  entry.text({});    // conn_trace_id
  entry.quoted({});  // transformed_host
  entry.quoted({});  // transformed_uri
  entry.quoted({});  // request_transform_status
}

}  // namespace

void append_alb(std::string& out, const AccessRecord& record, AccessTime& time) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + alb_room_for(record), [&](char* bytes, std::size_t) {
    AccessLine line(bytes + before);
    put_entry(line, record, time);
    line.put('\n');
    return static_cast<std::size_t>(line.end() - bytes);
  });
}

}  // namespace weir::observe
