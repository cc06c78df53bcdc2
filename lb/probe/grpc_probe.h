#pragma once

#include <optional>
#include <string>

#include "lb/probe/exchange_probe.h"

namespace weir::probe {

// One call of gRPC, over TLS where its group speaks that. It asks grpc.health.v1 (gRPC's health-checking.md),
// or calls the check's path with an empty message, as ALB does. The verdict falls when the call is over,
// since how it went stands in its trailers, or when the answer exceeds its bound. Then the connection is
// closed as HTTP/2 wants it: what that takes the target is waited for.
class GrpcProbe final : public ExchangeProbe {
 public:
  explicit GrpcProbe(ProbeOrder order);

 private:
  bool asks_health() const { return check().path.empty(); }
  std::size_t most_content() const;

  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;

  health::Verdict verdict_on(const Trouble& trouble) const override;
  const char* missing_end() const override { return "no end of the call"; }
  std::string_view shown_content() const override;

  void take_ending(const http::FieldList& fields);
  void end_with(const health::Verdict& verdict);
  bool is_answer_of_grpc() const;
  health::Verdict judge() const;
  health::Verdict judge_large_answer() const;

  std::string content_type_;
  std::optional<std::string> grpc_status_;
  std::string grpc_message_;
  std::string content_;  // its first most_content() bytes and one more
};

}  // namespace weir::probe
