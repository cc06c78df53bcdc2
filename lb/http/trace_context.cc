#include "lb/http/trace_context.h"

#include <algorithm>

namespace weir::http {
namespace {

constexpr std::size_t kTraceIdAt = 3;
constexpr std::size_t kSpanIdAt = 36;
constexpr std::size_t kFlagsAt = 53;

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

bool is_traceparent(std::string_view value) {
  if (value.size() < 55 || value[2] != '-' || value[35] != '-' || value[52] != '-') return false;
  const std::string_view version = value.substr(0, 2);
  const std::string_view trace = value.substr(3, 32);
  const std::string_view parent = value.substr(36, 16);
  if (!is_lower_hex(version) || !is_lower_hex(trace) || !is_lower_hex(parent)) return false;
  if (!is_lower_hex(value.substr(53, 2)) || version == "ff" || is_zero(trace) || is_zero(parent))
    return false;
  return value.size() == 55 || (version != "00" && value[55] == '-');
}

std::string_view find_traceparent(const FieldList& fields) {
  if (!fields.has(FieldId::traceparent)) return {};
  std::string_view found;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    if (field.id != FieldId::traceparent) continue;
    if (!found.empty()) return {};
    found = field.value;
    if (!is_traceparent(found)) return {};
  }
  return found;
}

TraceParent read_traceparent(std::string_view valid) {
  const char last = valid[kFlagsAt + 1];
  const int low = last <= '9' ? last - '0' : last - 'a' + 10;
  return {.trace_id = valid.substr(kTraceIdAt, kTraceIdDigits),
          .span_id = valid.substr(kSpanIdAt, kSpanIdDigits),
          .sampled = (low & 1) != 0};
}

TraceParentText write_traceparent(const TraceParent& parent) {
  TraceParentText text;
  text.fill('0');
  text[kTraceIdAt - 1] = text[kSpanIdAt - 1] = text[kFlagsAt - 1] = '-';
  std::ranges::copy(parent.trace_id, text.begin() + kTraceIdAt);
  std::ranges::copy(parent.span_id, text.begin() + kSpanIdAt);
  if (parent.sampled) text.back() = '1';
  return text;
}

}  // namespace weir::http
