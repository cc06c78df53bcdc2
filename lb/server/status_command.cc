#include "lb/server/status_command.h"

#include <utility>

#include "lb/admin/status_text.h"

namespace weir::server {
namespace {

std::expected<std::string, std::string> report(const AdminOptions& options) {
  admin::Call call;
  call.path = "/api/v1/status";
  auto reply = ask(std::move(call), options);
  if (!reply) return std::unexpected(reply.error());
  if (options.json) return std::move(reply->body);
  return admin::status_text(reply->body, colours_wanted() ? admin::Colour::on : admin::Colour::off,
                            output_columns());
}

}  // namespace

int status_command(const AdminOptions& options) { return print("status", report(options)); }

}  // namespace weir::server
