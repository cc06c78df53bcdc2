#include "lb/http/framing.h"

#include "lb/base/text.h"

namespace weir::http {
namespace {

template <class Each>
void for_each_element(const FieldList& fields, FieldId id, Each&& each) {
  if (!fields.has(id)) return;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    if (field.id == id) base::for_each_list_element(field.value, each);
  }
}

}  // namespace

Problem check_transfer_encoding(const FieldList& fields) {
  std::size_t lines = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id == FieldId::transfer_encoding) ++lines;
  }
  if (lines == 1 && base::equals_ignoring_case(*fields.find(FieldId::transfer_encoding), "chunked")) {
    return Problem::none;
  }
  std::size_t codings = 0;
  std::size_t chunked = 0;
  bool ends_in_chunked = false;
  for_each_element(fields, FieldId::transfer_encoding, [&](std::string_view coding) {
    ends_in_chunked = base::equals_ignoring_case(coding, "chunked");
    ++codings;
    if (ends_in_chunked) ++chunked;
  });
  if (chunked > 1) return Problem::multiple_transfer_encoding_chunked;
  return ends_in_chunked && codings > 1 ? Problem::unsupported_transfer_coding
                                        : Problem::bad_transfer_encoding;
}

ContentLength read_content_length(const FieldList& fields) {
  const std::optional<std::string_view> text = fields.find(FieldId::content_length);
  if (!text) return {};
  const std::optional<std::uint64_t> value = base::parse_decimal(*text);
  if (!value) return {Problem::bad_content_length, 0};
  return {Problem::none, *value};
}

bool read_keep_alive(const FieldList& fields, unsigned version_minor) {
  bool keep_alive = version_minor != 0;
  if (!fields.has(FieldId::connection)) return keep_alive;
  bool close = false;
  for_each_element(fields, FieldId::connection, [&](std::string_view option) {
    if (option.size() == 5 && base::equals_ignoring_case(option, "close")) close = true;
    if (version_minor == 0 && base::equals_ignoring_case(option, "keep-alive")) keep_alive = true;
  });
  return keep_alive && !close;
}

bool list_has(const FieldList& fields, FieldId id, std::string_view element) {
  bool found = false;
  for_each_element(fields, id, [&](std::string_view other) {
    found = found || base::equals_ignoring_case(other, element);
  });
  return found;
}

}  // namespace weir::http
