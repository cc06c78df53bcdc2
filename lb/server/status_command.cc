#include "lb/server/status_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <expected>
#include <string_view>

#include "lb/admin/client.h"
#include "lb/admin/status_text.h"
#include "lb/admin/token.h"
#include "lb/base/text.h"

namespace weir::server {
namespace {

// As an address, where it is given as a URL: http://127.0.0.1:9900/
std::string_view without_scheme(std::string_view admin) {
  constexpr std::string_view kScheme = "http://";
  if (!admin.starts_with(kScheme)) return admin;
  admin.remove_prefix(kScheme.size());
  if (admin.ends_with('/')) admin.remove_suffix(1);
  return admin;
}

std::expected<std::string, std::string> fetch(const StatusOptions& options) {
  admin::Call call;
  call.address = without_scheme(options.admin);
  call.path = "/api/v1/status";
  if (!options.token_file.empty()) {
    auto file = admin::read_token_file(options.token_file);
    if (!file) return std::unexpected(file.error());
    call.token = file->token;
  }
  auto reply = admin::call(call);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status == 401)
    return std::unexpected(options.admin + " wants its token: give --token-file FILE");
  if (reply->status != 200)
    return std::unexpected(fmt::format("{} answers {}", options.admin, reply->status));
  return std::move(reply->body);
}

std::expected<std::string, std::string> report(const StatusOptions& options) {
  auto body = fetch(options);
  if (!body || options.json) return body;
  return admin::status_text(*body, ::isatty(STDOUT_FILENO) == 1 ? admin::Colour::on : admin::Colour::off);
}

}  // namespace

int status_command(const StatusOptions& options) {
  const auto text = report(options);
  if (!text) {
    fmt::print(stderr, "weir status: {}\n", base::escape(text.error()));
    return 1;
  }
  fmt::print("{}", *text);
  return 0;
}

}  // namespace weir::server
