#include "lb/server/events_command.h"

#include <fmt/format.h>

#include <cstdio>

#include "lb/admin/command_call.h"
#include "lb/admin/event_text.h"
#include "lb/admin/reply_text.h"

namespace weir::server {
namespace {

std::expected<std::string, std::string> follow(const EventsOptions& options) {
  const auto call = addressed(admin::events_call(options.after), options);
  if (!call) return std::unexpected(call.error());
  admin::EventReader reader([&options](std::string_view data) {
    fmt::print("{}\n", options.json ? std::string(data) : admin::event_text(data));
    std::fflush(stdout);  // whoever reads a pipe follows too
  });
  const auto reply = admin::follow(*call, [&reader](std::string_view piece) { reader.take(piece); });
  if (!reply) return std::unexpected(reply.error());
  if (reply->status != 200) return std::unexpected(admin::refusal_text(*reply, options.admin));
  return "";
}

}  // namespace

int events_command(const EventsOptions& options) { return print("events", follow(options)); }

}  // namespace weir::server
