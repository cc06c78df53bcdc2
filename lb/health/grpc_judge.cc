#include "lb/health/grpc_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <string>
#include <utility>

#include "lb/base/text.h"
#include "lb/health/probe_history.h"
#include "lb/health/status_ranges.h"
#include "lb/http/grpc_health.h"
#include "lb/http/grpc_status.h"

namespace weir::health {
namespace {

// How the call ended, if this is an answer to a call at all.
std::expected<std::uint16_t, Verdict> code_of(const GrpcAnswer& answer) {
  const auto wrong_head = [](std::string detail) {
    return std::unexpected(failed(Phase::header, ReasonCode::failed_checks, std::move(detail)));
  };
  if (answer.http_status != 200) {
    return std::unexpected(failed(Phase::status, ReasonCode::response_code_mismatch,
                                  fmt::format("status {} is not 200", answer.http_status)));
  }
  if (!http::is_grpc(answer.content_type)) {
    return wrong_head(fmt::format(R"(content-type is "{}", not {})",
                                  base::escape(answer.content_type, kQuoted), http::kGrpcContentType));
  }
  if (!answer.grpc_status) return wrong_head("grpc-status is absent");
  const auto code = http::read_grpc_status(*answer.grpc_status);
  if (!code) {
    return wrong_head(
        fmt::format(R"(grpc-status is "{}", not a number)", base::escape(*answer.grpc_status, kQuoted)));
  }
  return *code;
}

// "grpc-status 14 (UNAVAILABLE) is not 0: "no database""
Verdict wrong_code(std::uint16_t code, std::string_view expected, std::string_view message) {
  std::string detail =
      fmt::format("grpc-status {} ({}) is not {}", code, http::grpc_status_word(code), expected);
  if (!message.empty()) {
    detail += fmt::format(R"(: "{}")", base::escape(http::decode_grpc_message(message), kQuoted));
  }
  return failed(Phase::status, ReasonCode::response_code_mismatch, std::move(detail));
}

}  // namespace

Verdict judge_grpc_status(const GrpcAnswer& answer, std::span<const model::StatusRange> codes) {
  const auto code = code_of(answer);
  if (!code) return code.error();
  if (contains(codes, *code)) return {};
  return wrong_code(*code, "in " + ranges_text(codes), answer.grpc_message);
}

Verdict judge_grpc_health(const GrpcAnswer& answer) {
  const auto code = code_of(answer);
  if (!code) return code.error();
  if (*code != 0) return wrong_code(*code, "0", answer.grpc_message);
  const auto serving = http::read_grpc_health(answer.content);
  if (!serving) {
    return failed(Phase::body, ReasonCode::failed_checks,
                  fmt::format("the answer is no HealthCheckResponse: {}", http::word(serving.error())));
  }
  if (*serving == http::GrpcServing::serving) return {};
  return failed(Phase::body, ReasonCode::failed_checks,
                fmt::format("the service is {}, not SERVING", http::word(*serving)));
}

}  // namespace weir::health
