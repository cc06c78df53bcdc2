#include "lb/server/tracing.h"

#include <string>
#include <vector>

#include "lb/server/build_info.h"

namespace weir::server {
namespace {

// Beside those of log.redact: what OpenTelemetry's conventions for url.query name.
constexpr const char* kSecretParameters[] = {"AWSAccessKeyId", "Signature", "sig", "X-Goog-Signature"};

observe::Redaction redaction_of(const model::Log& log) {
  std::vector<std::string> names = log.redact;
  names.insert(names.end(), std::begin(kSecretParameters), std::end(kSecretParameters));
  return observe::Redaction(names);
}

}  // namespace

std::shared_ptr<const observe::TraceSettings> Tracing::settings(const model::Snapshot& snapshot) {
  const model::Tracing& tracing = snapshot.tracing;
  if (!tracing.otlp) return nullptr;
  if (!exporter_) {
    trace::Exporter::Options options;
    options.sender.resolvers.servers =
        snapshot.process.resolvers.value_or(std::vector<base::SocketAddress>());
    exporter_ = std::make_unique<trace::Exporter>(clock_, std::move(options));
  }
  exporter_->use({*tracing.otlp, {snapshot.process.server_name, build_info().version}});
  return std::make_shared<const observe::TraceSettings>(observe::TraceSettings{
      observe::TraceSampling(tracing.sample), redaction_of(snapshot.log), exporter_->queue()});
}

observe::SpanCounts Tracing::counts() const {
  return exporter_ ? exporter_->queue()->counts() : observe::SpanCounts();
}

}  // namespace weir::server
