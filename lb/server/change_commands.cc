#include "lb/server/change_commands.h"

#include <utility>

#include "lb/admin/change_text.h"

namespace weir::server {
namespace {

using admin::Change;

std::expected<std::string, std::string> made(Change change, admin::Call call, const AdminOptions& options) {
  auto reply = ask(std::move(call), options);
  if (!reply) return std::unexpected(reply.error());
  if (options.json) return std::move(reply->body);
  return admin::change_text(change, *reply);
}

}  // namespace

int register_command(const RegisterOptions& options) {
  return print("register", made(Change::registered, admin::register_call(options.what), options));
}

int deregister_command(const TargetOptions& options) {
  return print("deregister",
               made(Change::deregistered, admin::deregister_call(options.group, options.target), options));
}

int drain_command(const TargetOptions& options) {
  return print("drain", made(Change::drained, admin::drain_call(options.group, options.target), options));
}

int undrain_command(const TargetOptions& options) {
  return print("undrain",
               made(Change::undrained, admin::undrain_call(options.group, options.target), options));
}

int shift_command(const ZoneOptions& options) {
  return print("zone shift", made(Change::shifted, admin::shift_call(options.what), options));
}

int unshift_command(const ZoneOptions& options) {
  return print("zone unshift", made(Change::unshifted, admin::unshift_call(options.what.zone), options));
}

}  // namespace weir::server
