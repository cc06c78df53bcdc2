#include "lb/server/admin_call.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "lb/admin/reply_text.h"
#include "lb/admin/token.h"
#include "lb/base/text.h"
#include "lb/server/terminal.h"

namespace weir::server {
namespace {

constexpr std::size_t kLongestError = 2000;

// As an address, where it is given as a URL: http://127.0.0.1:9900/
std::string_view without_scheme(std::string_view admin) {
  constexpr std::string_view kScheme = "http://";
  if (!admin.starts_with(kScheme)) return admin;
  admin.remove_prefix(kScheme.size());
  if (admin.ends_with('/')) admin.remove_suffix(1);
  return admin;
}

}  // namespace

std::expected<admin::Call, std::string> addressed(admin::Call call, const AdminOptions& options) {
  call.address = without_scheme(options.admin);
  if (options.token_file.empty()) return call;
  auto file = admin::read_token_file(options.token_file);
  if (!file) return std::unexpected(file.error());
  call.token = file->token;
  return call;
}

std::expected<admin::Reply, std::string> ask(admin::Call call, const AdminOptions& options) {
  const auto ready = addressed(std::move(call), options);
  if (!ready) return std::unexpected(ready.error());
  auto reply = admin::call(*ready);
  if (reply && reply->status >= 300) return std::unexpected(admin::refusal_text(*reply, options.admin));
  return reply;
}

int print(const char* command, const std::expected<std::string, std::string>& text) {
  if (!text) {
    fmt::print(stderr, "weir {}: {}\n", command, base::escape(text.error(), kLongestError));
    return 1;
  }
  std::fwrite(text->data(), 1, text->size(), stdout);
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return 0;
  fmt::print(stderr, "weir {}: cannot write: {}\n", command, std::strerror(errno));
  return 1;
}

bool colours_wanted() {
  const char* const no_color = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

std::size_t output_columns() { return ::isatty(STDOUT_FILENO) == 1 ? Terminal::size().columns : 0; }

}  // namespace weir::server
