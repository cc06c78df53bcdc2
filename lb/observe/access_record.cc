#include "lb/observe/access_record.h"

#include <fmt/format.h>

#include <chrono>
#include <cstring>
#include <ctime>

#include "lb/observe/json_text.h"

namespace weir::observe {
namespace {

// `key` comes with its quotes and punctuation: ,"key":
void append_text(std::string& out, std::string_view key, std::string_view text) {
  out += key;
  out += '"';
  append_json_text(out, text);
  out += '"';
}

void append_number(std::string& out, std::string_view key, std::uint64_t number) {
  out += key;
  const fmt::format_int digits(number);
  out.append(digits.data(), digits.size());
}

// Seconds with six places, or -1.
void append_seconds(std::string& out, std::string_view key, base::Duration duration) {
  out += key;
  if (duration.count() < 0) {
    out += "-1";
    return;
  }
  const auto microseconds = static_cast<std::uint64_t>(duration.count()) / 1000;
  append_number(out, {}, microseconds / 1'000'000);
  char fraction[7] = {'.'};
  std::uint64_t rest = microseconds % 1'000'000;
  for (int i = 6; i > 0; --i, rest /= 10) fraction[i] = static_cast<char>('0' + rest % 10);
  out.append(fraction, sizeof fraction);
}

bool names_port(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  return colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
}

// scheme://host:port/path?query; for "*" without a path (RFC 9110 7.1), and the bare request target where the
// client named no host.
void append_url(std::string& out, const AccessRecord& record) {
  out += R"(,"url":")";
  if (!record.authority.empty()) {
    append_json_text(out, record.scheme);
    out += "://";
    append_json_text(out, record.authority);
    if (record.port != 0 && !names_port(record.authority)) append_number(out, ":", record.port);
  }
  if (record.authority.empty() || record.request_target != "*") append_json_text(out, record.request_target);
  out += '"';
}

void append_target(std::string& out, const AccessRecord& record) {
  append_text(out, R"(,"target_group":)", record.target_group);
  append_text(out, R"(,"target":)", record.target);
  append_text(out, R"(,"target_id":)", record.target_id);
  append_text(out, R"(,"zone":)", record.zone);
  append_text(out, R"(,"rule":)", record.rule);
}

void append_outcome(std::string& out, const AccessRecord& record) {
  append_number(out, R"(,"status":)", record.status);
  if (record.target_status == 0) {
    out += R"(,"target_status":null)";
  } else {
    append_number(out, R"(,"target_status":)", record.target_status);
  }
  append_number(out, R"(,"received_bytes":)", record.received_bytes);
  append_number(out, R"(,"sent_bytes":)", record.sent_bytes);
}

void append_times(std::string& out, const AccessRecord& record) {
  append_seconds(out, R"(,"queue_seconds":)", record.queue);
  append_seconds(out, R"(,"connect_seconds":)", record.connect);
  append_seconds(out, R"(,"first_byte_seconds":)", record.first_byte);
  append_seconds(out, R"(,"total_seconds":)", record.total);
}

}  // namespace

void AccessFormatter::append(std::string& out, const AccessRecord& record) {
  append_time(out, record.time);
  append_text(out, R"(,"type":)", record.type);
  append_text(out, R"(,"listener":)", record.listener);
  append_text(out, R"(,"client":)", record.client);
  append_number(out, R"(,"client_port":)", record.client_port);
  append_target(out, record);
  append_text(out, R"(,"method":)", record.method);
  append_url(out, record);
  append_text(out, R"(,"protocol":)", record.protocol);
  append_outcome(out, record);
  append_text(out, R"(,"user_agent":)", record.user_agent);
  append_text(out, R"(,"request_id":)", record.request_id);
  append_text(out, R"(,"trace_id":)", record.trace_id);
  append_times(out, record);
  append_number(out, R"(,"attempts":)", record.attempts);
  out += record.target_connection_reused ? R"(,"reused":true)" : R"(,"reused":false)";
  append_text(out, R"(,"reason":)", record.reason);
  append_text(out, R"(,"classification":)", record.classification);
  append_text(out, R"(,"classification_reason":)", record.classification_reason);
  out += "}\n";
}

// RFC 3339 in UTC with milliseconds. The date is made anew only when the second changes.
void AccessFormatter::append_time(std::string& out, base::WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(time - whole).count();
  if (whole.time_since_epoch().count() != second_) {
    second_ = whole.time_since_epoch().count();
    const std::time_t seconds = second_;
    std::tm parts;
    gmtime_r(&seconds, &parts);
    std::strftime(date_, sizeof date_, "%Y-%m-%dT%H:%M:%S", &parts);
  }
  out += R"({"time":")";
  out.append(date_, std::strlen(date_));
  const char fraction[] = {'.',
                           static_cast<char>('0' + milliseconds / 100),
                           static_cast<char>('0' + milliseconds / 10 % 10),
                           static_cast<char>('0' + milliseconds % 10),
                           'Z',
                           '"'};
  out.append(fraction, sizeof fraction);
}

}  // namespace weir::observe
