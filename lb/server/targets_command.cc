#include "lb/server/targets_command.h"

#include "lb/admin/command_call.h"
#include "lb/admin/targets_text.h"

namespace weir::server {
namespace {

constexpr unsigned kAllProbes = 20;

std::expected<std::string, std::string> report(const TargetsOptions& options) {
  auto reply = ask(admin::targets_call(options.group, options.json ? kAllProbes : 1), options);
  if (!reply) return std::unexpected(reply.error());
  if (options.json) return std::move(reply->body);
  return admin::targets_text(reply->body, colours_wanted() ? admin::Colour::on : admin::Colour::off,
                             output_columns());
}

}  // namespace

int targets_command(const TargetsOptions& options) { return print("targets", report(options)); }

}  // namespace weir::server
