#pragma once

#include <span>
#include <string>

#include "lb/observe/span.h"

// Spans as a collector takes them: the JSON encoding of OTLP (an ExportTraceServiceRequest), where ids are
// hexadecimal, 64-bit integers are strings, names are in camel case and enumerations are numbers. Attributes
// are named as OpenTelemetry's semantic conventions for HTTP servers have it; those that begin with "weir."
// are weir's own.
namespace weir::observe {

// Who tells.
struct TraceResource {
  std::string service_name;
  std::string service_version;
  bool operator==(const TraceResource&) const = default;
};

std::string otlp_json(const TraceResource& resource, std::span<const Span> spans);

// The id of a span below another one: of the same digits always, and as random as that one is.
SpanId child_id(const SpanId& parent, unsigned number);

}  // namespace weir::observe
