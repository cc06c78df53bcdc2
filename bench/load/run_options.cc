#include "bench/load/run_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>

#include "bench/load/web_socket_user.h"
#include "bench/measure/units.h"
#include "lb/base/text.h"
#include "lb/http/field_id.h"
#include "lb/http/syntax.h"

namespace weir::bench {
namespace {

using Refusal = std::unexpected<std::string>;

constexpr double kMostRate = 1e7;
constexpr std::uint64_t kMostBody = std::uint64_t{1} << 30;

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// What the load generator writes itself.
bool is_ours(http::FieldId id) {
  using enum http::FieldId;
  return id == connection || id == content_length || id == transfer_encoding || id == te || id == upgrade ||
         id == keep_alive || id == expect;
}

// Puts the value into `to`; returns the error, or nothing.
template <class T, class Value>
std::string take(std::expected<Value, std::string> parsed, std::string_view option, T& to) {
  if (!parsed) return fmt::format("{}: {}", option, parsed.error());
  to = std::move(*parsed);
  return {};
}

std::expected<std::string, std::string> read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) return Refusal(fmt::format("cannot read {}", base::escape(name)));
  if (text.size() > kMostBody) return Refusal(fmt::format("{} is larger than 1 GiB", base::escape(name)));
  return text;
}

std::string take_urls(const RunOptions& options, LoadPlan& plan) {
  if (options.urls.empty()) return "a URL is needed";
  if (!options.weights.empty() && options.weights.size() != options.urls.size()) {
    return fmt::format("--weights: {} for {} URLs", options.weights.size(), options.urls.size());
  }
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    auto url = parse_url(options.urls[i]);
    if (!url) return url.error();
    const unsigned weight = options.weights.empty() ? 1 : options.weights[i];
    if (weight == 0 || weight > 1'000'000) return "--weights: each must be from 1 to 1000000";
    plan.urls.push_back({std::move(*url), weight});
  }
  const Url& first = plan.urls.front().url;
  for (const auto& [url, weight] : plan.urls) {
    if (url.web_socket != first.web_socket) return "http:// and ws:// cannot be mixed in one run";
    if (options.connect.empty() && url.address != first.address) {
      return fmt::format("all URLs of a run go to one address, but {} and {} differ: see --connect",
                         first.address, url.address);
    }
  }
  return {};
}

std::string take_times(const RunOptions& options, LoadPlan& plan) {
  if (auto error = take(parse_duration(options.duration), "--duration", plan.duration); !error.empty())
    return error;
  if (auto error = take(parse_duration(options.warmup), "--warmup", plan.warmup); !error.empty())
    return error;
  if (auto error = take(parse_duration(options.timeout), "--timeout", plan.timeout); !error.empty())
    return error;
  if (plan.duration <= base::Duration(0)) return "--duration: must be longer than 0";
  if (plan.timeout <= base::Duration(0)) return "--timeout: must be longer than 0";
  if (options.rate.empty()) return {};
  return take(parse_rate(options.rate, plan.warmup, plan.duration), "--rate", plan.pace);
}

std::string take_headers(const RunOptions& options, LoadPlan& plan) {
  std::vector<std::string> lines = options.headers;
  for (const std::string& name : options.header_files) {
    std::ifstream file(name);
    if (!file.is_open()) return fmt::format("--header-file: cannot read {}", base::escape(name));
    for (std::string line; std::getline(file, line);) {
      if (!base::trim(line).empty()) lines.push_back(line);
    }
  }
  for (const std::string& line : lines) {
    auto field = parse_header(line);
    if (!field) return fmt::format("--header: {}", field.error());
    plan.fields.push_back(std::move(*field));
  }
  return {};
}

std::string take_body(const RunOptions& options, LoadPlan& plan) {
  if (!options.body.empty() && !options.body_file.empty()) return "--body and --body-file exclude each other";
  if (!options.body_file.empty()) {
    if (auto error = take(read_file(options.body_file), "--body-file", plan.body); !error.empty())
      return error;
  } else if (!options.body.empty()) {
    std::uint64_t size = 0;
    if (auto error = take(parse_size(options.body), "--body", size); !error.empty()) return error;
    if (size > kMostBody) return "--body: at most 1GiB";
    plan.body.assign(size, 'x');
  }
  plan.method = !options.method.empty() ? options.method : plan.body.empty() ? "GET" : "POST";
  if (!http::is_token(plan.method)) return fmt::format("--method: '{}' is none", base::escape(plan.method));
  if (plan.urls.front().url.web_socket && plan.body.size() > WebSocketUser::kMostMessage) {
    return "--body: a WebSocket message has at most 1MiB";
  }
  if (plan.method == "CONNECT") return "--method: CONNECT makes a tunnel, which cannot be measured";
  return {};
}

}  // namespace

std::expected<std::pair<std::string, std::string>, std::string> parse_header(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view name = line.substr(0, colon);
  if (colon == std::string_view::npos || !http::is_token(name)) {
    return Refusal(fmt::format("'{}' is not 'Name: value'", base::escape(line)));
  }
  std::string_view value = line.substr(colon + 1);
  if (value.ends_with('\r')) value.remove_suffix(1);
  value = base::trim(value);
  if (!http::is_field_value(value))
    return Refusal(fmt::format("'{}' has control characters", base::escape(line)));
  if (is_ours(http::field_id(name))) {
    return Refusal(fmt::format("{} is written by weir-bench itself{}", name,
                               http::field_id(name) == http::FieldId::connection ? "; see --close" : ""));
  }
  return std::pair(std::string(name), std::string(value));
}

std::expected<Pace, std::string> parse_rate(std::string_view text, base::Duration warmup,
                                            base::Duration duration) {
  const std::size_t dash = text.find('-');
  const auto from = parse_number(text.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : parse_number(text.substr(dash + 1));
  const auto allowed = [](const std::optional<double>& rate) {
    return rate && *rate > 0 && *rate <= kMostRate;
  };
  if (!allowed(from) || !allowed(to)) {
    return Refusal(fmt::format("'{}' is no rate: requests a second over 0, as 1000 or (a ramp) 1000-5000",
                               base::escape(text)));
  }
  return Pace{*from, *to, warmup, duration};
}

std::expected<LoadPlan, std::string> plan_of(const RunOptions& options) {
  LoadPlan plan;
  for (const auto step : {take_urls, take_times, take_headers, take_body}) {
    if (auto error = step(options, plan); !error.empty()) return Refusal(std::move(error));
  }
  constexpr unsigned kMostConnections = 1'000'000;
  if (options.connections == 0 || options.connections > kMostConnections)
    return Refusal("--connections: from 1 to 1000000");
  if (options.threads == 0 || options.threads > options.connections)
    return Refusal("--threads: from 1 to the number of connections");
  plan.connections = options.connections;
  plan.threads = options.threads;
  plan.close = options.close;
  plan.cookies = options.cookies;
  return plan;
}

}  // namespace weir::bench
