#pragma once

#include <string>

#include "lb/probe/exchange_probe.h"

namespace weir::probe {

// One request, by HTTP/1.1 or, where its group speaks that, HTTP/2. The verdict falls as soon as what has
// come allows it; from then on the rest of the answer is waited for, up to kLinger and 64 KiB: it is
// evidence, and a target that is still sending when the connection closes would log a reset at every check.
class HttpProbe final : public ExchangeProbe {
 public:
  explicit HttpProbe(ProbeOrder order);

 private:
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;

  health::Verdict verdict_on(const Trouble& trouble) const override;
  const char* missing_end() const override { return "no complete body"; }
  std::string_view shown_content() const override { return body_; }

  std::string body_;  // its first model::HealthCheck::kBodyBytes, or what is shown of it
  std::size_t received_ = 0;
};

}  // namespace weir::probe
