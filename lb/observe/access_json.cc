#include "lb/observe/access_json.h"

#include <algorithm>

#include "lb/http/trace_ids.h"
#include "lb/observe/access_line.h"
#include "lb/observe/access_url.h"
#include "lb/observe/json_members.h"

namespace weir::observe {
namespace {

constexpr std::size_t kJsonFixedRoom = 1024;  // keys, numbers, the time and the port
constexpr std::size_t kTexts = 10;

std::size_t json_room_for(const AccessRecord& record) {
  const std::size_t texts = record.method.size() + record.authority.size() + record.request_target.size() +
                            record.protocol.size() + record.user_agent.size() + record.request_id.size() +
                            record.trace_id.size() + record.reason.size() + record.classification.size() +
                            record.classification_reason.size();
  const std::size_t parts =
      record.client->json.size() + record.target->json.size() + record.route->json.size();
  return kJsonFixedRoom + parts + kTexts * json_room(0) +
         kMostEscaped * std::min(texts, kTexts * kLongestText);
}

void put_request(AccessLine& line, const AccessRecord& record, AccessTime& time) {
  line.literal<R"({"time":")">();
  time.put_milliseconds(line, record.time);
  line.put('"');
  line.raw(record.client->json);
  line.raw(record.target->json);
  line.raw(record.route->json);
  line.literal<R"(,"method":")">();
  if (!line.same_literal<"GET">(record.method)) line.escaped(record.method);
  line.literal<R"(","url":")">();
  put_url(line, record, [&](std::string_view part) { line.escaped(part); });
  line.literal<R"(","protocol":")">();
  if (line.same_literal<"HTTP/1.1">(record.protocol) || line.same_literal<"HTTP/2.0">(record.protocol))
    return;
  line.escaped(record.protocol);
}

void put_outcome(AccessLine& line, const AccessRecord& record) {
  JsonMembers members(line);
  line.literal<R"(","status":)">();
  line.status(record.status);
  line.literal<R"(,"target_status":)">();
  if (record.target_status == 0) {
    line.literal<"null">();
  } else {
    line.status(record.target_status);
  }
  if (record.grpc_status) members.number<R"(,"grpc_status":)">(*record.grpc_status);
  members.number<R"(,"received_bytes":)">(record.received_bytes);
  members.number<R"(,"sent_bytes":)">(record.sent_bytes);
  members.text<R"(,"user_agent":")">(record.user_agent);
  if (record.own_ids != nullptr) {
    line.literal<R"(,"request_id":")">();
    line.block<http::TraceIds::kRequestIdSize>(record.own_ids->request_id().data());
    line.literal<R"(","trace_id":")">();
    line.block<http::TraceIds::kAmazonRootSize>(record.own_ids->amazon_root().data());
    line.put('"');
  } else {
    members.text<R"(,"request_id":")">(record.request_id);
    members.text<R"(,"trace_id":")">(record.trace_id);
  }
}

// Most do not wait, and are over after one attempt, of which there is nothing to say.
void put_attempts(AccessLine& line, const AccessRecord& record) {
  JsonMembers members(line);
  const bool waited = (record.queue.count() | record.connect.count()) != 0;
  if (waited) {
    members.seconds<R"(,"queue_seconds":)">(record.queue);
    members.seconds<R"(,"connect_seconds":)">(record.connect);
  } else {
    line.literal<R"(,"queue_seconds":0.000000,"connect_seconds":0.000000)">();
  }
  members.seconds<R"(,"first_byte_seconds":)">(record.first_byte);
  members.seconds<R"(,"total_seconds":)">(record.total);
  const bool remarkable = !record.reason.empty() || !record.classification.empty();
  if (record.attempts == 1 && record.target_connection_reused && !remarkable) {
    line.literal<
        R"(,"attempts":1,"reused":true,"reason":"","classification":"","classification_reason":""})">();
    return;
  }
  members.number<R"(,"attempts":)">(record.attempts);
  line.raw(record.target_connection_reused ? R"(,"reused":true)" : R"(,"reused":false)");
  members.text<R"(,"reason":")">(record.reason);
  members.text<R"(,"classification":")">(record.classification);
  members.text<R"(,"classification_reason":")">(record.classification_reason);
  line.put('}');
}

}  // namespace

void append_json(std::string& out, const AccessRecord& record, AccessTime& time, std::size_t longest) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + json_room_for(record), [&](char* bytes, std::size_t) {
    AccessLine line(bytes + before, longest);
    put_request(line, record, time);
    put_outcome(line, record);
    put_attempts(line, record);
    line.put('\n');
    return static_cast<std::size_t>(line.end() - bytes);
  });
}

}  // namespace weir::observe
