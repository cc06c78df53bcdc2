#include "lb/proxy/hash_key.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "lb/base/text.h"

namespace weir::proxy {
namespace {

std::uint64_t hash(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

// The value of `name` in a list of name=value, without decoding anything: equal requests are equal as they
// come.
std::optional<std::string_view> find_pair(std::string_view list, char separator, std::string_view name) {
  while (!list.empty()) {
    const std::size_t end = list.find(separator);
    const std::string_view pair = base::trim(list.substr(0, end));
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) {
      return equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return std::nullopt;
}

// Browsers send one Cookie field; HTTP/2 may split it (RFC 9113 8.2.3).
std::optional<std::string_view> find_cookie(const http::FieldList& fields, std::string_view name) {
  if (!fields.has(http::FieldId::cookie)) return std::nullopt;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != http::FieldId::cookie) continue;
    if (const auto value = find_pair(fields[i].value, ';', name)) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> part_of(const model::HashKey& key, const http::RequestHead& request) {
  using Kind = model::HashKey::Kind;
  const std::string_view target = request.target();
  const std::size_t question = target.find('?');
  switch (key.kind) {
    case Kind::header: return request.fields.find(key.name);
    case Kind::cookie: return find_cookie(request.fields, key.name);
    case Kind::query:
      if (question == std::string_view::npos) return std::nullopt;
      return find_pair(target.substr(question + 1), '&', key.name);
    case Kind::path: return target.substr(0, question);
    case Kind::source: break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> hash_of(const model::HashKey& key, const http::RequestHead& request,
                                     const base::IpAddress& source) {
  if (key.kind == model::HashKey::Kind::source) {
    return XXH3_64bits(source.bytes.data(), source.bytes.size());
  }
  const auto part = part_of(key, request);
  if (!part) return std::nullopt;
  return hash(*part);
}

std::uint64_t identity_of(const base::SocketAddress& target) { return hash(target.to_string()); }

}  // namespace weir::proxy
