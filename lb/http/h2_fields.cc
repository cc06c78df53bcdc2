#include "lb/http/h2_fields.h"

#include <optional>

#include "lb/base/text.h"

namespace weir::http {
namespace {

constexpr std::uint64_t kFieldOverhead = 32;  // RFC 9113 6.5.2, SETTINGS_MAX_HEADER_LIST_SIZE
constexpr std::string_view kCrumbEnd = "; ";  // RFC 9113 8.2.3

}  // namespace

void H2FieldReader::refuse(Problem problem) {
  if (verdict_) verdict_ = {H2Verdict::Kind::refused, problem};
}

void H2FieldReader::malformed(Problem problem) {
  if (verdict_) verdict_ = {H2Verdict::Kind::malformed, problem};
}

bool H2FieldReader::count(const HpackField& field) {
  if (!verdict_) return false;
  size_ += field.name.size() + field.value.size() + kFieldOverhead;
  if (size_ <= limits_.head_bytes && field.name.size() <= kMostNameBytes) return true;
  refuse(Problem::header_too_large);
  return false;
}

bool H2FieldReader::admit(const HpackField& field) {
  Problem problem = Problem::none;
  if (!field.good_name || !field.good_value || is_of_connection(field.id)) problem = Problem::bad_header;
  if (field.id == FieldId::te && !base::equals_ignoring_case(field.value, "trailers")) {
    problem = Problem::bad_header;
  }
  if (field.id == FieldId::content_length) problem = check_content_length(field.value);
  if (problem != Problem::none) {
    malformed(problem);
    return false;
  }
  return true;
}

Problem H2FieldReader::check_content_length(std::string_view value) const {
  if (!base::parse_decimal(value)) return Problem::bad_content_length;
  const std::optional<std::string_view> other = fields_.find(FieldId::content_length);
  if (!other) return Problem::none;
  return base::parse_decimal(*other) == base::parse_decimal(value) ? Problem::duplicate_content_length
                                                                   : Problem::multiple_content_length;
}

bool H2FieldReader::has_place() {
  if (fields_.size() - crumbs_ < limits_.fields) return true;
  refuse(Problem::too_many_headers);
  return false;
}

void H2FieldReader::add(const HpackField& field) {
  if (!admit(field)) return;
  if (field.id == FieldId::cookie && fields_.has(FieldId::cookie))
    return add_crumb(field);  // bounded in size
  if (!has_place()) return;
  fields_.append_field(field.id, field.name, field.value);
}

// Crumbs mostly come one after the other, and then lengthen the field where it stands. Empty ones say
// nothing.
void H2FieldReader::add_crumb(const HpackField& field) {
  if (field.value.empty()) return;
  const Field last = fields_[fields_.size() - 1];
  if (last.id == FieldId::cookie && !last.value.empty() && crumbs_ == 0) {
    fields_.append_bytes(kCrumbEnd);
    fields_.append_bytes(field.value);
    fields_.extend_value(kCrumbEnd.size() + field.value.size());
  } else {
    fields_.append_field(field.id, field.name, field.value);
    ++crumbs_;
  }
}

void H2FieldReader::finish() {
  if (crumbs_ != 0) fields_.join_values(FieldId::cookie, kCrumbEnd);
}

// Framing and routing have no place here (RFC 9110 6.5.1), pseudo-header fields neither (RFC 9113 8.1).
void H2TrailerReader::take(const HpackField& field) {
  if (!reader_.count(field) || !reader_.admit(field) || !reader_.has_place()) return;
  if (field.id == FieldId::content_length || field.id == FieldId::host) {
    return reader_.malformed(Problem::bad_trailer);
  }
  reader_.fields().add(field.id, field.name, field.value);
}

}  // namespace weir::http
