#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "lb/http/head.h"

// W3C Trace Context, level 1: which trace a request belongs to, and whose child it is. Pure.
namespace weir::http {

inline constexpr std::size_t kTraceIdDigits = 32;
inline constexpr std::size_t kSpanIdDigits = 16;

// Whether this is a valid one, of any version.
bool is_traceparent(std::string_view value);

// What a traceparent says; views of it.
struct TraceParent {
  std::string_view trace_id;
  std::string_view span_id;  // of the sender
  bool sampled = false;      // the sender may have recorded it
};

// The only traceparent of a request, if it is valid: with two of them neither counts. Empty: there is none.
std::string_view find_traceparent(const FieldList& fields);

// Of what is_traceparent() accepts.
TraceParent read_traceparent(std::string_view valid);

// Of version 00. The ids have as many digits as they need.
using TraceParentText = std::array<char, 55>;
TraceParentText write_traceparent(const TraceParent& parent);

}  // namespace weir::http
