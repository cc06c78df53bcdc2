#include "lb/server/reload_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>

#include "lb/admin/reload_text.h"

namespace weir::server {
namespace {

// Long enough for the largest of files.
constexpr base::Duration kReloadPatience = std::chrono::seconds(60);

admin::Call post(const char* path) {
  admin::Call call;
  call.method = "POST";
  call.path = path;
  return call;
}

}  // namespace

int reload_command(const ReloadOptions& options) {
  admin::Call call = post("/api/v1/reload");
  call.timeout = kReloadPatience;
  if (!options.confirm.empty()) call.body = nlohmann::json{{"confirm", options.confirm}}.dump();
  const auto ready = addressed(std::move(call), options);
  if (!ready) return print("reload", std::unexpected(ready.error()));
  const auto reply = admin::call(*ready);
  if (!reply) return print("reload", std::unexpected(reply.error()));
  const bool refused = reply->status >= 300;
  if (options.json) {
    fmt::print("{}", reply->body);
    return refused ? 1 : 0;
  }
  if (refused) {
    fmt::print(stderr, "{}", admin::reload_refusal_text(*reply, options.admin));
    return 1;
  }
  if (!options.confirm.empty() && nlohmann::json::parse(reply->body, nullptr, false).value("total", 1) == 0) {
    fmt::print(stderr,
               "weir reload: nothing has changed, so nothing waits to be confirmed; a watched file is loaded "
               "when it is saved: see process.watch\n");
    return 1;
  }
  return print("reload",
               admin::reload_text(*reply, colours_wanted() ? admin::Colour::on : admin::Colour::off));
}

int confirm_command(const AdminOptions& options) {
  const auto reply = ask(post("/api/v1/confirm"), options);
  if (!reply) return print("confirm", std::unexpected(reply.error()));
  return print("confirm", options.json ? reply->body : std::string("the configuration stays\n"));
}

}  // namespace weir::server
