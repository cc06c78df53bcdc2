#include "lb/http/hpack_table.h"

#include <array>

namespace weir::http {
namespace {

constexpr HpackField pseudo(H2Pseudo which, std::string_view name, std::string_view value = "") {
  return {name, value, FieldId::other, which, false, true};
}
constexpr HpackField field(FieldId id, std::string_view name, std::string_view value = "") {
  return {name, value, id, H2Pseudo::none, true, true};
}
constexpr HpackField field(std::string_view name) { return field(FieldId::other, name); }

// RFC 7541 A, from index 1 on.
constexpr std::array kStatic = std::to_array<HpackField>({
    pseudo(H2Pseudo::authority, ":authority"),
    pseudo(H2Pseudo::method, ":method", "GET"),
    pseudo(H2Pseudo::method, ":method", "POST"),
    pseudo(H2Pseudo::path, ":path", "/"),
    pseudo(H2Pseudo::path, ":path", "/index.html"),
    pseudo(H2Pseudo::scheme, ":scheme", "http"),
    pseudo(H2Pseudo::scheme, ":scheme", "https"),
    pseudo(H2Pseudo::status, ":status", "200"),
    pseudo(H2Pseudo::status, ":status", "204"),
    pseudo(H2Pseudo::status, ":status", "206"),
    pseudo(H2Pseudo::status, ":status", "304"),
    pseudo(H2Pseudo::status, ":status", "400"),
    pseudo(H2Pseudo::status, ":status", "404"),
    pseudo(H2Pseudo::status, ":status", "500"),
    field("accept-charset"),
    field(FieldId::other, "accept-encoding", "gzip, deflate"),
    field("accept-language"),
    field("accept-ranges"),
    field(FieldId::accept, "accept"),
    field("access-control-allow-origin"),
    field("age"),
    field("allow"),
    field(FieldId::authorization, "authorization"),
    field(FieldId::cache_control, "cache-control"),
    field("content-disposition"),
    field(FieldId::content_encoding, "content-encoding"),
    field("content-language"),
    field(FieldId::content_length, "content-length"),
    field("content-location"),
    field(FieldId::content_range, "content-range"),
    field(FieldId::content_type, "content-type"),
    field(FieldId::cookie, "cookie"),
    field(FieldId::date, "date"),
    field("etag"),
    field(FieldId::expect, "expect"),
    field(FieldId::expires, "expires"),
    field("from"),
    field(FieldId::host, "host"),
    field("if-match"),
    field("if-modified-since"),
    field("if-none-match"),
    field("if-range"),
    field("if-unmodified-since"),
    field("last-modified"),
    field("link"),
    field(FieldId::location, "location"),
    field("max-forwards"),
    field(FieldId::proxy_authenticate, "proxy-authenticate"),
    field(FieldId::proxy_authorization, "proxy-authorization"),
    field("range"),
    field(FieldId::referer, "referer"),
    field("refresh"),
    field("retry-after"),
    field(FieldId::server, "server"),
    field(FieldId::set_cookie, "set-cookie"),
    field("strict-transport-security"),
    field(FieldId::transfer_encoding, "transfer-encoding"),
    field(FieldId::user_agent, "user-agent"),
    field("vary"),
    field(FieldId::via, "via"),
    field(FieldId::www_authenticate, "www-authenticate"),
});
static_assert(kStatic.size() == kHpackStaticFields);

}  // namespace

bool HpackTable::find(std::uint64_t index, HpackField& field) const {
  if (index == 0) return false;
  if (index <= kHpackStaticFields) {
    field = kStatic[index - 1];
    return true;
  }
  const std::uint64_t age = index - kHpackStaticFields;  // from 1 on
  if (age > count()) return false;
  const Entry& entry = entries_[entries_.size() - age];
  const char* const at = bytes_.data() + entry.at;
  field = {{at, entry.name_size},
           {at + entry.name_size, entry.value_size},
           entry.id,
           entry.pseudo,
           entry.good_name,
           entry.good_value};
  return true;
}

void HpackTable::add(HpackField& field) {
  const std::size_t bytes = field.name.size() + field.value.size();
  if (bytes + kEntryOverhead > capacity_) return evict_to(0);
  evict_to(capacity_ - static_cast<std::uint32_t>(bytes + kEntryOverhead));
  make_room(bytes);
  const Entry entry{static_cast<std::uint16_t>(bytes_.size()),
                    static_cast<std::uint16_t>(field.name.size()),
                    static_cast<std::uint16_t>(field.value.size()),
                    field.id,
                    field.pseudo,
                    field.good_name,
                    field.good_value};
  bytes_.append(field.name).append(field.value);
  entries_.push_back(entry);
  size_ += size_of(entry);
  field.name = {bytes_.data() + entry.at, entry.name_size};
  field.value = {field.name.data() + entry.name_size, entry.value_size};
}

void HpackTable::set_capacity(std::uint32_t capacity) {
  capacity_ = capacity;
  evict_to(capacity);
}

void HpackTable::evict_to(std::uint32_t size) {
  while (size_ > size) size_ -= size_of(entries_[oldest_++]);
  if (count() != 0) return;
  entries_.clear();
  bytes_.clear();
  oldest_ = 0;
}

// What is gone is thrown away once it is as much as what is there, so that both stay below twice the table.
void HpackTable::make_room(std::size_t bytes) {
  if (oldest_ == 0) return;
  const std::uint16_t gone = entries_[oldest_].at;
  const bool full = bytes_.size() + bytes > bytes_.capacity() || entries_.size() == entries_.capacity();
  if (!full && bytes_.size() + bytes < 2 * std::size_t{kMostSize}) return;
  if (gone < bytes_.size() / 2 && oldest_ < entries_.size() / 2) return;
  bytes_.erase(0, gone);
  entries_.erase(entries_.begin(), entries_.begin() + oldest_);
  for (Entry& entry : entries_) entry.at = static_cast<std::uint16_t>(entry.at - gone);
  oldest_ = 0;
}

}  // namespace weir::http
