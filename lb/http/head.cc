#include "lb/http/head.h"

#include <algorithm>
#include <cstring>

#include "lb/base/text.h"

namespace weir::http {
namespace {

// A list that has held more than this gives its memory back when it is emptied: one huge head must
// not make its connection expensive for good.
constexpr std::size_t kKeptHeadBytes = 8 * 1024;
constexpr std::size_t kKeptFields = 64;

constexpr bool is_space(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::optional<std::string_view> FieldList::find(FieldId id) const {
  if (!has(id)) return std::nullopt;
  for (const Ref& ref : refs_) {
    if (ref.id == id) return view({ref.value, ref.value_size});
  }
  return std::nullopt;
}

std::optional<std::string_view> FieldList::find(std::string_view name) const {
  const FieldId id = field_id(name);
  if (id != FieldId::other) return find(id);
  if (!has(id)) return std::nullopt;
  for (const Ref& ref : refs_) {
    if (ref.id == id && base::equals_ignoring_case(view({ref.name, ref.name_size}), name)) {
      return view({ref.value, ref.value_size});
    }
  }
  return std::nullopt;
}

void FieldList::add(FieldId id, std::string_view name, std::string_view value) {
  const std::size_t start = bytes_.size();
  bytes_.resize_and_overwrite(start + name.size() + value.size() + 4, [&](char* data, std::size_t) {
    char* to = data + start;
    std::memcpy(to, name.data(), name.size());
    to += name.size();
    *to++ = ':';
    *to++ = ' ';
    if (!value.empty()) std::memcpy(to, value.data(), value.size());
    to += value.size();
    *to++ = '\r';
    *to++ = '\n';
    return static_cast<std::size_t>(to - data);
  });
  const auto at = static_cast<std::uint32_t>(start);
  const auto name_size = static_cast<std::uint32_t>(name.size());
  append_ref(id, at, name_size, at + name_size + 2, static_cast<std::uint32_t>(value.size()));
}

void FieldList::extend_last(std::string_view more) {
  bytes_.resize(bytes_.size() - 2);
  bytes_.append(more).append("\r\n");
  refs_.back().value_size += static_cast<std::uint32_t>(more.size());
}

void FieldList::append_field(FieldId id, std::string_view name, std::string_view value) {
  const std::size_t start = bytes_.size();
  const std::size_t size = name.size() + value.size();
  bytes_.resize_and_overwrite(start + size, [&](char* data, std::size_t) {
    std::memcpy(data + start, name.data(), name.size());
    if (!value.empty()) std::memcpy(data + start + name.size(), value.data(), value.size());
    return start + size;
  });
  const auto at = static_cast<std::uint32_t>(start);
  const auto name_size = static_cast<std::uint32_t>(name.size());
  append_ref(id, at, name_size, at + name_size, static_cast<std::uint32_t>(value.size()));
}

void FieldList::join_values(FieldId id, std::string_view between) {
  const auto first = std::ranges::find(refs_, id, &Ref::id);
  if (first == refs_.end()) return;
  std::string joined;
  for (const Ref& ref : refs_) {
    if (ref.id != id || ref.value_size == 0) continue;
    if (!joined.empty()) joined += between;
    joined += view({ref.value, ref.value_size});
  }
  const Extent value = append_bytes(joined);
  first->value = value.at;
  first->value_size = value.size;
  const auto others = std::ranges::remove(first + 1, refs_.end(), id, &Ref::id);
  refs_.erase(others.begin(), others.end());
}

void FieldList::finish() {
  present_ = 0;
  for (Ref& ref : refs_) {
    ref.id = field_id(view({ref.name, ref.name_size}));
    while (ref.value_size != 0 && is_space(bytes_[ref.value + ref.value_size - 1])) --ref.value_size;
    present_ |= bit(ref.id);
  }
}

void FieldList::clear() {
  if (bytes_.capacity() > kKeptHeadBytes) {
    std::string().swap(bytes_);
  } else {
    bytes_.clear();
  }
  if (refs_.capacity() > kKeptFields) {
    std::vector<Ref>().swap(refs_);
  } else {
    refs_.clear();
  }
  present_ = 0;
}

void RequestHead::clear() {
  method = Method::get;
  version_minor = 1;
  keep_alive = true;
  expect_continue = accepts_trailers = false;
  body = {};
  method_at = target_at = authority_at = {};
  fields.clear();
}

void swap(RequestHead& a, RequestHead& b) noexcept {
  std::swap(a.method, b.method);
  std::swap(a.version_minor, b.version_minor);
  std::swap(a.keep_alive, b.keep_alive);
  std::swap(a.expect_continue, b.expect_continue);
  std::swap(a.accepts_trailers, b.accepts_trailers);
  std::swap(a.body, b.body);
  std::swap(a.method_at, b.method_at);
  std::swap(a.target_at, b.target_at);
  std::swap(a.authority_at, b.authority_at);
  swap(a.fields, b.fields);
}

void ResponseHead::clear() {
  status = 200;
  version_minor = 1;
  keep_alive = true;
  body = {};
  reason_at = {};
  fields.clear();
}

}  // namespace weir::http
