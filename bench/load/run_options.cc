#include "bench/load/run_options.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "bench/load/security.h"
#include "bench/load/web_socket_user.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::bench {
namespace {

using Refusal = std::unexpected<std::string>;

constexpr base::Duration kLeastDuration = std::chrono::milliseconds(10);
constexpr double kMostRate = 1e7;
constexpr std::uint64_t kMostBody = std::uint64_t{1} << 30;
constexpr unsigned kMost = 1'000'000;  // connections, and a weight
constexpr unsigned kMostStreams = 1000;

std::optional<double> parse_number(std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || last != end) return std::nullopt;
  return number;
}

// Each of these fills in a part of the plan, and returns the error, or nothing.

std::string take_urls(const RunOptions& options, LoadPlan& plan) {
  if (options.urls.empty()) return "a URL is needed";
  if (!options.weights.empty() && options.weights.size() != options.urls.size()) {
    return fmt::format("--weights: {} for {} URLs", options.weights.size(), options.urls.size());
  }
  const Url& first = options.urls.front();
  for (std::size_t i = 0; i < options.urls.size(); ++i) {
    const Url& url = options.urls[i];
    const unsigned weight = options.weights.empty() ? 1 : options.weights[i];
    if (weight == 0 || weight > kMost) return "--weights: each must be from 1 to 1000000";
    if (url.scheme() != first.scheme()) {
      return fmt::format("{}:// and {}:// cannot be mixed in one run", first.scheme(), url.scheme());
    }
    if (options.connect.empty() && url.address != first.address) {
      return fmt::format("all URLs of a run go to one address, but {} and {} differ: see --connect",
                         first.address, url.address);
    }
    plan.urls.push_back({url, weight});
  }
  return {};
}

std::string take_load(const RunOptions& options, LoadPlan& plan) {
  if (options.connections == 0 || options.connections > kMost) return "--connections: from 1 to 1000000";
  if (options.threads == 0 || options.threads > options.connections) {
    return "--threads: from 1 to the number of connections";
  }
  if (options.duration < kLeastDuration) return "--duration: at least 10ms";
  if (options.timeout <= base::Duration(0)) return "--timeout: must be longer than 0";
  plan.connections = options.connections;
  plan.threads = options.threads;
  plan.duration = options.duration;
  plan.warmup = options.warmup;
  plan.timeout = options.timeout;
  if (options.rate) plan.pace = Pace{options.rate->from, options.rate->to, options.warmup, options.duration};
  return {};
}

std::string take_body(const RunOptions& options, LoadPlan& plan) {
  if (options.body && !options.body_file.empty()) return "--body and --body-file exclude each other";
  if (options.body.value_or(0) > kMostBody) return "--body: at most 1GiB";
  if (options.body) plan.body.assign(*options.body, 'x');
  if (!options.body_file.empty()) {
    std::error_code error;
    const auto size = std::filesystem::file_size(options.body_file, error);  // fails for directories
    std::ifstream file(options.body_file, std::ios::binary);
    if (error || !file.is_open())
      return fmt::format("--body-file: cannot read {}", base::escape(options.body_file));
    if (size > kMostBody) return "--body-file: at most 1GiB";
    plan.body.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (plan.urls.front().url.web_socket && plan.body.size() > WebSocketUser::kMostMessage) {
    return "--body: a WebSocket message has at most 1MiB";
  }
  return {};
}

std::string take_request(const RunOptions& options, LoadPlan& plan) {
  plan.method = !options.method.empty() ? options.method : plan.body.empty() ? "GET" : "POST";
  if (!http::is_token(plan.method)) return fmt::format("--method: '{}' is none", base::escape(plan.method));
  if (plan.method == "CONNECT") return "--method: CONNECT makes a tunnel, which cannot be measured";
  if (plan.urls.front().url.web_socket && (options.close || options.cookies || !options.method.empty())) {
    return "--close, --cookies and --method are not for ws://";
  }
  plan.fields = options.fields;
  plan.close = options.close;
  plan.cookies = options.cookies;
  return {};
}

std::string take_protocol(const RunOptions& options, LoadPlan& plan) {
  const Url& url = plan.urls.front().url;
  if (options.http2 && url.web_socket) return "--http2 is not for ws://";
  if (options.http2 && options.close) return "--close is not for --http2";
  if (options.streams && !options.http2) return "--streams needs --http2";
  if (options.resume && !url.secure) return "--resume is for https:// and wss://";
  plan.http2 = options.http2;
  plan.streams = options.streams.value_or(1);
  if (plan.streams == 0 || plan.streams > kMostStreams) return "--streams: from 1 to 1000";
  plan.resume = options.resume;
  if (!url.secure) return {};
  auto context = Security::make_context(options.http2);
  if (!context) return fmt::format("TLS cannot be set up: {}", context.error());
  plan.tls = *std::move(context);
  return {};
}

}  // namespace

std::expected<Rate, std::string> parse_rate(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto from = parse_number(text.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : parse_number(text.substr(dash + 1));
  const auto allowed = [](const std::optional<double>& rate) {
    return rate && *rate > 0 && *rate <= kMostRate;
  };
  if (allowed(from) && allowed(to)) return Rate{*from, *to};
  return Refusal(fmt::format("'{}' is no rate: requests a second over 0, as 1000 or (a ramp) 1000-5000",
                             base::escape(text)));
}

std::expected<LoadPlan, std::string> plan_of(const RunOptions& options) {
  LoadPlan plan;
  for (const auto take : {take_urls, take_load, take_body, take_request, take_protocol}) {
    if (auto error = take(options, plan); !error.empty()) return Refusal(std::move(error));
  }
  return plan;
}

}  // namespace weir::bench
