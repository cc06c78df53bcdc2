#include "bench/backend/plan.h"

#include <fmt/format.h>

#include "bench/command_line/header_field.h"
#include "bench/command_line/units.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::bench {
namespace {

// What follows `prefix` in the path; absent: it begins otherwise.
std::optional<std::string_view> behind(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return std::nullopt;
  return path.substr(prefix.size());
}

template <class Value, class Into>
void take(const std::expected<Value, std::string>& value, Into& into, Plan& plan) {
  if (value) {
    into = *value;
  } else {
    plan.status = 400;
    plan.complaint = value.error() + "\n";
  }
}

void override_by_path(std::string_view target, bool allow_die, Plan& plan) {
  const std::string_view path = target.substr(0, target.find('?'));
  if (const auto bytes = behind("/bytes/", path)) {
    take(parse_body_size(*bytes), plan.body, plan);
  } else if (const auto delay = behind("/delay/", path)) {
    take(parse_duration(*delay), plan.delay, plan);
  } else if (const auto status = behind("/status/", path)) {
    take(parse_status(*status), plan.status, plan);
  } else if (path == "/die" && allow_die) {
    plan.kind = Plan::Kind::die;
  }
}

}  // namespace

Plan plan_for(std::string_view target, const AnswerOptions& options, base::Random& random) {
  Plan plan{.status = options.status, .body = options.body};
  if (!options.delay.is_zero()) plan.delay = options.delay.draw(random);
  override_by_path(target, options.allow_die, plan);
  if (options.error_rate <= 0 || draw_share(random) >= options.error_rate) return plan;
  switch (options.error_kind) {
    case ErrorKind::status: plan.status = options.error_status; break;
    case ErrorKind::reset: plan.kind = Plan::Kind::reset; break;
    case ErrorKind::close: plan.kind = Plan::Kind::close; break;
  }
  return plan;
}

std::expected<std::uint16_t, std::string> parse_status(std::string_view text) {
  const auto number = base::parse_decimal(text);
  if (!number || *number < 200 || *number > 999) {
    return std::unexpected(
        fmt::format("'{}' is not the status of an answer: a number from 200 to 999", base::escape(text)));
  }
  return static_cast<std::uint16_t>(*number);
}

std::expected<std::uint64_t, std::string> parse_body_size(std::string_view text) {
  auto size = parse_size(text);
  if (size && *size > kMostBody) {
    return std::unexpected(fmt::format("'{}' is too much: bodies have at most 1GiB", base::escape(text)));
  }
  return size;
}

std::expected<void, std::string> add_field(std::string_view text, http::FieldList& into) {
  const auto field = parse_header_field(text);
  if (!field) return std::unexpected(field.error());
  if (http::field_id(field->first) == http::FieldId::date)
    return std::unexpected("Date is written by the backend itself");
  into.add(field->first, field->second);
  return {};
}

}  // namespace weir::bench
