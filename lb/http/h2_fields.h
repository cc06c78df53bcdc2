#pragma once

#include <cstdint>
#include <string_view>

#include "lb/http/head.h"
#include "lb/http/hpack_field.h"
#include "lb/http/limits.h"
#include "lb/http/problem.h"

// The fields of an HTTP/2 message while they are read (RFC 9113 8.2): what requests, responses and trailers
// have in common.
namespace weir::http {

// Fields that HTTP/2 does not have, nor forwards (RFC 9113 8.2.2).
constexpr bool is_of_connection(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::transfer_encoding:
    case FieldId::upgrade: return true;
    default: return false;
  }
}

// What a head or trailer section came to.
struct H2Verdict {
  enum class Kind : std::uint8_t {
    fine,
    refused,    // well-formed, but not served: the status of `problem` is the answer
    malformed,  // RFC 9113 8.1.1: RST_STREAM(PROTOCOL_ERROR), nothing is forwarded
  };
  Kind kind = Kind::fine;
  Problem problem = Problem::none;  // unless it is fine

  explicit operator bool() const { return kind == Kind::fine; }
  bool operator==(const H2Verdict&) const = default;
};

// Appends regular fields to a list, one at a time, with the checks that all of them share. After the first
// problem nothing more is kept.
class H2FieldReader {
 public:
  // `head_bytes` counts as SETTINGS_MAX_HEADER_LIST_SIZE does: 32 more for each field.
  H2FieldReader(FieldList& fields, const ParserLimits& limits) : fields_(fields), limits_(limits) {}

  // Counts a field, a pseudo-header field too. False: it is not to be looked at.
  bool count(const HpackField& field);
  // Whether a regular field that has been counted may be added, and whether there may be another one; if not,
  // the verdict says why.
  bool admit(const HpackField& field);
  bool has_place();
  // Admits and appends it.
  void add(const HpackField& field);
  // Once all fields are there.
  void finish();

  void refuse(Problem problem);
  void malformed(Problem problem);
  const H2Verdict& verdict() const { return verdict_; }
  FieldList& fields() { return fields_; }
  const ParserLimits& limits() const { return limits_; }

 private:
  Problem check_content_length(std::string_view value) const;
  void add_crumb(const HpackField& field);

  FieldList& fields_;
  ParserLimits limits_;
  H2Verdict verdict_;
  std::uint64_t size_ = 0;
  std::uint32_t crumbs_ = 0;  // Cookie fields that are not next to the first one
};

// The trailer section of a request or a response.
class H2TrailerReader {
 public:
  // `trailers` is empty; built by FieldList::add().
  H2TrailerReader(FieldList& trailers, const ParserLimits& limits) : reader_(trailers, limits) {}

  void take(const HpackField& field);
  const H2Verdict& finish() { return reader_.verdict(); }

 private:
  H2FieldReader reader_;
};

}  // namespace weir::http
