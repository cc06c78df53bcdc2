#include "lb/http/problem.h"

#include <array>

namespace weir::http {
namespace {

constexpr DesyncClass kNone = DesyncClass::none;
constexpr DesyncClass kAcceptable = DesyncClass::acceptable;
constexpr DesyncClass kAmbiguous = DesyncClass::ambiguous;
constexpr DesyncClass kSevere = DesyncClass::severe;

constexpr std::string_view kProtocol = "http_protocol_error";
constexpr std::string_view kIncomplete = "http_response_incomplete";
constexpr std::string_view kHeadSize = "http_response_header_section_size";
constexpr std::string_view kCoding = "http_response_transfer_coding";
constexpr std::string_view kLoop = "proxy_loop_detected";

// In the order of the enumeration.
constexpr std::array kTraits = std::to_array<ProblemTraits>({
    {200, kNone, "none", ""},
    {400, kAmbiguous, "AmbiguousUri", kProtocol},
    {400, kSevere, "BadContentLength", kProtocol},
    {400, kSevere, "BadHeader", kProtocol},
    {400, kSevere, "BadMethod", kProtocol},
    {400, kSevere, "BadTransferEncoding", kCoding},
    {400, kSevere, "BadUri", kProtocol},
    {400, kSevere, "BadVersion", kProtocol},
    {400, kAmbiguous, "BothTeClPresent", kProtocol},
    {400, kAmbiguous, "DuplicateContentLength", kProtocol},
    {400, kAmbiguous, "EmptyHeader", kProtocol},
    {400, kAcceptable, "GetHeadZeroContentLength", kProtocol},
    {400, kSevere, "MultipleContentLength", kProtocol},
    {400, kSevere, "MultipleTransferEncodingChunked", kCoding},
    {400, kAcceptable, "NonCompliantHeader", kProtocol},
    {400, kAmbiguous, "SuspiciousHeader", kProtocol},
    {400, kAmbiguous, "UndefinedContentLengthSemantics", kProtocol},
    {400, kAmbiguous, "UndefinedTransferEncodingSemantics", kCoding},
    {400, kNone, "bad_authority", kProtocol},
    {400, kSevere, "bad_chunk", kCoding},
    {417, kNone, "bad_expectation", kProtocol},
    {400, kNone, "bad_http2", kProtocol},
    {400, kNone, "bad_start_line", kProtocol},
    {400, kNone, "bad_status_line", kProtocol},
    {400, kSevere, "bad_trailer", kProtocol},
    {400, kNone, "closed_before_response", kIncomplete},
    {431, kNone, "header_too_large", kHeadSize},
    {505, kNone, "http2_preface", kProtocol},
    {400, kNone, "incomplete_body", kIncomplete},
    {400, kNone, "incomplete_head", kIncomplete},
    {400, kNone, "missing_host", kProtocol},
    {400, kNone, "repeated_host", kProtocol},
    {414, kNone, "target_too_long", kProtocol},
    {400, kNone, "tls_on_plain_port", kProtocol},
    {463, kNone, "too_many_forwarded_addresses", kLoop},
    {431, kNone, "too_many_headers", kHeadSize},
    {501, kNone, "unknown_method", kProtocol},
    {501, kNone, "unsupported_transfer_coding", kCoding},
    {505, kNone, "unsupported_version", kProtocol},
    {508, kNone, "via_loop", kLoop},
});
static_assert(kTraits.size() == static_cast<std::size_t>(Problem::via_loop) + 1);

}  // namespace

const ProblemTraits& traits(Problem problem) { return kTraits[static_cast<std::size_t>(problem)]; }

std::string_view to_string(DesyncClass desync) {
  switch (desync) {
    case DesyncClass::none: return "none";
    case DesyncClass::acceptable: return "acceptable";
    case DesyncClass::ambiguous: return "ambiguous";
    case DesyncClass::severe: return "severe";
  }
  return "none";
}

}  // namespace weir::http
