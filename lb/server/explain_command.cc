#include "lb/server/explain_command.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "config/load.h"
#include "lb/base/text.h"
#include "lb/explain/explanation_json.h"
#include "lb/explain/explanation_text.h"
#include "lb/server/cookie_keys.h"
#include "lb/server/listener_tls.h"

namespace weir::server {
namespace {

constexpr int kUsage = 2;

int refuse(const std::string& what) {
  fmt::print(stderr, "weir explain: {}\n", what);
  return kUsage;
}

std::expected<explain::Asked, std::string> asked_by(const ExplainOptions& options) {
  explain::Asked asked{
      .url = options.url, .method = options.method, .from = options.from, .listener = options.listener};
  for (const std::string& header : options.headers) {
    const std::size_t colon = header.find(':');
    if (colon == std::string::npos)
      return std::unexpected(fmt::format("-H: '{}' is not NAME: VALUE", base::escape(header, 100)));
    asked.headers.emplace_back(header.substr(0, colon),
                               base::trim(std::string_view(header).substr(colon + 1)));
  }
  return asked;
}

int print_explanation(const std::string& json, bool as_json) {
  if (as_json) return print("explain", json);
  return print("explain",
               explain::explanation_text(json, colours_wanted() ? admin::Colour::on : admin::Colour::off));
}

// From the files that the configuration names, if they can be read.
void add_certificates(explain::World& world) {
  auto read = served_tls(*world.snapshot, nullptr, nullptr);
  if (!read) world.certificates_error = read.error().to_string();
  world.certificates = [served = read ? *std::move(read) : ServedTls()](const std::string& listener) {
    const auto found = served.contexts.find(listener);
    return found == served.contexts.end() ? nullptr : &found->second->certificates();
  };
}

int explain_file(const ExplainOptions& options, const explain::Asked& asked) {
  auto loaded = config::load(options.file, config::process_environment());
  if (!loaded) {
    const auto colour = ::isatty(STDERR_FILENO) != 0 ? config::Colour::on : config::Colour::off;
    fmt::print(stderr, "{}", config::to_text(loaded.error(), colour));
    return 1;
  }
  const base::SystemClock clock;
  net::Loop loop(clock);
  explain::World world = explain::world_of_file(
      std::make_shared<const model::Snapshot>(std::move(loaded->snapshot)), options.file);
  if (auto keys = present_cookie_keys(*world.snapshot)) {
    world.keys = *std::move(keys);
  } else {
    world.keys_error = keys.error();
  }
  if (asked.url.starts_with("https:")) add_certificates(world);
  const auto explanation = explain::explain(world, asked, loop);
  if (!explanation)
    return refuse(fmt::format("{}: {}", explanation.error().field, explanation.error().message));
  return print_explanation(to_json(*explanation), options.admin.json);
}

// The body of POST /api/v1/explain. What is not UTF-8 cannot be said in JSON.
std::string body_of(const explain::Asked& asked) {
  nlohmann::ordered_json body{{"url", asked.url}, {"method", asked.method}, {"from", asked.from}};
  body["headers"] = nlohmann::ordered_json::array();
  for (const auto& [name, value] : asked.headers)
    body["headers"].push_back(nlohmann::ordered_json::array({name, value}));
  if (!asked.listener.empty()) body["listener"] = asked.listener;
  return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

int explain_live(const ExplainOptions& options, const explain::Asked& asked) {
  admin::Call call;
  call.method = "POST";
  call.path = "/api/v1/explain";
  call.body = body_of(asked);
  auto reply = ask(std::move(call), options.admin);
  if (!reply) return print("explain", std::unexpected(reply.error()));
  return print_explanation(reply->body, options.admin.json);
}

}  // namespace

int explain_command(const ExplainOptions& options) {
  const auto asked = asked_by(options);
  if (!asked) return refuse(asked.error());
  if (const auto question = explain::read_question(*asked); !question)
    return refuse(fmt::format("{}: {}", question.error().field, question.error().message));
  return options.file.empty() ? explain_live(options, *asked) : explain_file(options, *asked);
}

}  // namespace weir::server
