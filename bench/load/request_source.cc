#include "bench/load/request_source.h"

#include <algorithm>
#include <array>

#include "bench/websocket/handshake.h"

namespace weir::bench {
namespace {

constexpr std::array<std::pair<std::string_view, http::Method>, 9> kMethods{{
    {"GET", http::Method::get},
    {"HEAD", http::Method::head},
    {"POST", http::Method::post},
    {"PUT", http::Method::put},
    {"DELETE", http::Method::delete_},
    {"CONNECT", http::Method::connect},
    {"OPTIONS", http::Method::options},
    {"TRACE", http::Method::trace},
    {"PATCH", http::Method::patch},
}};

http::OutgoingRequest prepare(const LoadPlan& plan, const Url& url) {
  http::OutgoingRequest head;
  head.method = method_of(plan.method);
  head.method_text = plan.method;
  head.target = url.target;
  if (!plan.body.empty()) head.body = {http::Body::Kind::length, plan.body.size()};
  const auto names_host = [](const auto& field) {
    return http::field_id(field.first) == http::FieldId::host;
  };
  if (std::ranges::none_of(plan.fields, names_host))
    head.fields.add(http::FieldId::host, "Host", url.authority);
  for (const auto& [name, value] : plan.fields) head.fields.add(name, value);
  if (plan.close) head.fields.add(http::FieldId::connection, "Connection", "close");
  return head;
}

}  // namespace

http::Method method_of(std::string_view name) {
  const auto* const found =
      std::ranges::find(kMethods, name, &std::pair<std::string_view, http::Method>::first);
  return found == kMethods.end() ? http::Method::other : found->second;
}

RequestSource::RequestSource(const LoadPlan& plan, base::Random random) : random_(random) {
  std::uint64_t sum = 0;
  for (const auto& [url, weight] : plan.urls) {
    heads_.push_back(prepare(plan, url));
    weights_.push_back(sum += weight);
  }
}

std::size_t RequestSource::draw() {
  if (heads_.size() == 1) return 0;
  const std::uint64_t point = random_.below(weights_.back());
  return static_cast<std::size_t>(std::ranges::upper_bound(weights_, point) - weights_.begin());
}

std::string RequestSource::web_socket_key() { return websocket::make_key(random_); }

const http::OutgoingRequest& RequestSource::next(const CookieJar& cookies) {
  const http::OutgoingRequest& head = heads_[draw()];
  if (cookies.value().empty()) return head;
  with_cookies_ = head;
  with_cookies_.fields.add(http::FieldId::cookie, "Cookie", cookies.value());
  return with_cookies_;
}

}  // namespace weir::bench
