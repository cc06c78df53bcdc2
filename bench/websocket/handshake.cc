#include "bench/websocket/handshake.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>

#include "lb/base/text.h"

namespace weir::bench::websocket {
namespace {

constexpr std::string_view kKeyField = "Sec-WebSocket-Key";
constexpr std::string_view kAcceptField = "Sec-WebSocket-Accept";
constexpr std::string_view kVersionField = "Sec-WebSocket-Version";
constexpr std::string_view kVersion = "13";
constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // with the zero that is put behind it
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

// The base64 of 16 bytes.
bool is_key(std::string_view key) {
  const auto is_digit = [](char c) {
    return base::is_digit(c) || (base::lower(c) >= 'a' && base::lower(c) <= 'z') || c == '+' || c == '/';
  };
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), is_digit);
}

bool lists(std::string_view value, std::string_view wanted) {
  bool found = false;
  base::for_each_list_element(
      value, [&](std::string_view element) { found = found || base::equals_ignoring_case(element, wanted); });
  return found;
}

bool upgrades_to_websocket(const http::FieldList& fields) {
  bool connection = false;
  bool upgrade = false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    connection = connection || (field.id == http::FieldId::connection && lists(field.value, "upgrade"));
    upgrade = upgrade || (field.id == http::FieldId::upgrade && lists(field.value, "websocket"));
  }
  return connection && upgrade;
}

}  // namespace

std::string accept_key(std::string_view key) {
  const std::string text = std::string(key).append(kGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) != 1) {
    throw std::runtime_error("this system's OpenSSL has no SHA-1, which WebSocket needs");
  }
  return base64(std::span(digest).first(size));
}

bool asks_for_upgrade(const http::RequestHead& request) {
  return request.fields.has(http::FieldId::upgrade) && request.method == http::Method::get &&
         request.version_minor >= 1 && upgrades_to_websocket(request.fields);
}

std::expected<std::string, std::uint16_t> accept_upgrade(const http::RequestHead& request) {
  if (request.fields.find(kVersionField) != kVersion) return std::unexpected(std::uint16_t{426});
  const auto key = request.fields.find(kKeyField);
  if (!key || !is_key(*key)) return std::unexpected(std::uint16_t{400});
  return accept_key(*key);
}

std::string make_key(base::Random& random) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  return base64(bytes);
}

void add_upgrade_fields(std::string_view key, http::FieldList& fields) {
  fields.add(http::FieldId::upgrade, "Upgrade", "websocket");
  fields.add(kVersionField, kVersion);
  fields.add(kKeyField, key);
}

bool is_upgraded(const http::ResponseHead& response, std::string_view key) {
  return response.status == 101 && upgrades_to_websocket(response.fields) &&
         response.fields.find(kAcceptField) == accept_key(key);
}

}  // namespace weir::bench::websocket
