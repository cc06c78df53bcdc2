#include "lb/admin/registration.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/keys/units.h"
#include "lb/admin/body_reader.h"
#include "lb/base/text.h"
#include "lb/model/target_id.h"
#include "lb/model/weight.h"

namespace weir::admin {
namespace {

constexpr std::uint32_t kMostRequests = 1'000'000;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestReason = 256;
constexpr base::Duration kShortestShift = std::chrono::minutes(1);
constexpr base::Duration kLongestShift = std::chrono::hours(72);

// 1-64 letters, digits and `others`: the form of names in the YAML.
bool is_name(std::string_view text, std::string_view others) {
  return !text.empty() && text.size() <= kLongestName && std::ranges::all_of(text, [&](char c) {
    const char low = base::lower(c);
    return (low >= 'a' && low <= 'z') || base::is_digit(c) || others.contains(c);
  });
}

std::optional<std::string> name_of(BodyReader& reader, const char* member, std::string_view others) {
  auto name = reader.text(member);
  if (!name || is_name(*name, others)) return name;
  reader.complain(member, fmt::format("expected 1-{} letters, digits and {}, found '{}'", kLongestName,
                                      others, base::escape(*name, kLongestName)));
  return std::nullopt;
}

std::optional<std::string> target_id_of(BodyReader& reader) {
  auto id = name_of(reader, "id", "._-:[]");
  if (!id || !model::is_reserved_target_id(*id)) return id;
  reader.complain(
      "id", fmt::format("'{}' is reserved: so metrics call the targets without series of their own", *id));
  return std::nullopt;
}

std::expected<base::SocketAddress, Response> target_address(std::string_view text) {
  auto address = base::SocketAddress::parse(text);
  if (!address) return std::unexpected(problem(400, "address: " + address.error()));
  if (address->is_unix()) return *std::move(address);
  if (address->port() == 0) return std::unexpected(problem(400, "address: port 0 is not in 1-65535"));
  const base::IpAddress& ip = address->ip();
  const auto zeros = [](auto bytes) { return std::ranges::all_of(bytes, [](auto b) { return b == 0; }); };
  if (ip.is_v4() ? zeros(std::span(ip.bytes).last(4)) : zeros(std::span(ip.bytes)))
    return std::unexpected(problem(400, fmt::format("address: nobody can be reached at {}", ip.to_string())));
  return *std::move(address);
}

base::Duration shift_time(BodyReader& reader) {
  const auto text = reader.text("for");
  if (!text) {
    reader.complain("for", "is required: how long, 1m to 72h");
    return {};
  }
  const auto time = config::parse_duration(*text);
  if (!time && time.error() != config::UnitError::too_large) {
    reader.complain("for", fmt::format("expected a duration such as 30m or 2h, found '{}'",
                                       base::escape(*text, kLongestName)));
  } else if (!time || *time < kShortestShift || *time > kLongestShift) {
    reader.complain("for", fmt::format("{} is not in 1m-72h", base::escape(*text, kLongestName)));
  } else {
    return *time;
  }
  return {};
}

}  // namespace

std::expected<Registration, Response> read_registration(std::string_view address, std::string_view body) {
  auto parsed = target_address(address);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  BodyReader reader(body);
  Registration registration;
  registration.address = *std::move(parsed);
  registration.zone = name_of(reader, "zone", "._-");
  registration.weight = reader.number("weight", 0, model::kMostWeight);
  registration.max_requests = reader.number("max_requests", 1, kMostRequests);
  registration.id = target_id_of(reader);
  if (auto refusal = reader.refusal()) return std::unexpected(*std::move(refusal));
  return registration;
}

std::expected<ShiftOrder, Response> read_shift(std::string_view body) {
  BodyReader reader(body);
  ShiftOrder order;
  order.time = shift_time(reader);
  order.reason = reader.text("reason").value_or("");
  if (order.reason.size() > kLongestReason)
    reader.complain("reason", fmt::format("has more than {} bytes", kLongestReason));
  order.force = reader.flag("force").value_or(false);
  if (auto refusal = reader.refusal()) return std::unexpected(*std::move(refusal));
  return order;
}

std::expected<ExplainOrder, Response> read_explain(std::string_view body) {
  BodyReader reader(body);
  ExplainOrder order;
  const auto url = reader.text("url");
  if (!url) reader.complain("url", "is required");
  order.url = url.value_or("");
  order.method = reader.text("method").value_or(order.method);
  order.headers = reader.pairs("headers").value_or(order.headers);
  order.from = reader.text("from").value_or(order.from);
  order.listener = reader.text("listener").value_or("");
  if (auto refusal = reader.refusal()) return std::unexpected(*std::move(refusal));
  return order;
}

}  // namespace weir::admin
