#include "lb/observe/access_parts.h"

#include <initializer_list>

#include "lb/observe/json_members.h"

namespace weir::observe {
namespace {

constexpr std::size_t kPartsFixedRoom = 256;  // keys and numbers
constexpr AccessIntroduction kNoIntroduction;

// What `put` writes, of texts as these.
template <class Put>
std::string members(std::initializer_list<std::string_view> texts, Put put) {
  std::size_t room = kPartsFixedRoom;
  for (const std::string_view text : texts) room += json_room(text.size());
  std::string json;
  json.resize_and_overwrite(room, [&](char* bytes, std::size_t) {
    AccessLine line(bytes);
    put(JsonMembers(line));
    return static_cast<std::size_t>(line.end() - bytes);
  });
  json.shrink_to_fit();
  return json;
}

// Nothing of a text that is not there: most connections have none of these.
template <Literal Key>
void text_if_any(JsonMembers& line, std::string_view value) {
  if (!value.empty()) line.text<Key>(value);
}

std::string client_members(const AccessClient& client, const AccessIntroduction& introduction) {
  const auto& [tls, proxied_alpn, proxied_tls] = introduction;
  return members({client.type, client.listener, client.address, tls.version, tls.cipher, tls.server_name,
                  proxied_alpn, proxied_tls.server_name, proxied_tls.version, proxied_tls.cipher},
                 [&](JsonMembers line) {
                   line.text<R"(,"type":")">(client.type);
                   line.text<R"(,"listener":")">(client.listener);
                   line.text<R"(,"client":")">(client.address);
                   line.number<R"(,"client_port":)">(client.port);
                   text_if_any<R"(,"tls_version":")">(line, tls.version);
                   text_if_any<R"(,"tls_cipher":")">(line, tls.cipher);
                   text_if_any<R"(,"server_name":")">(line, tls.server_name);
                   text_if_any<R"(,"proxied_alpn":")">(line, proxied_alpn);
                   text_if_any<R"(,"proxied_server_name":")">(line, proxied_tls.server_name);
                   text_if_any<R"(,"proxied_tls_version":")">(line, proxied_tls.version);
                   text_if_any<R"(,"proxied_tls_cipher":")">(line, proxied_tls.cipher);
                 });
}

}  // namespace

AccessClient::AccessClient(std::string_view its_type, std::string_view its_listener,
                           std::string_view its_address, std::uint16_t its_port,
                           const AccessIntroduction& its_introduction)
    : type(its_type),
      listener(its_listener),
      address(its_address),
      port(its_port),
      json(client_members(*this, its_introduction)),
      introduction_(its_introduction == kNoIntroduction
                        ? nullptr
                        : std::make_unique<const AccessIntroduction>(its_introduction)) {}

const AccessIntroduction& AccessClient::introduction() const {
  return introduction_ == nullptr ? kNoIntroduction : *introduction_;
}

AccessTarget::AccessTarget(std::string_view its_group, std::string_view its_address, std::string_view its_id,
                           std::string_view its_zone)
    : group(its_group),
      address(its_address),
      id(its_id),
      zone(its_zone),
      json(members({group, address, id, zone}, [this](JsonMembers line) {
        line.text<R"(,"target_group":")">(group);
        line.text<R"(,"target":")">(address);
        line.text<R"(,"target_id":")">(id);
        line.text<R"(,"zone":")">(zone);
      })) {}

AccessRoute::AccessRoute(std::string_view its_rule, std::optional<std::size_t> its_number,
                         std::string_view its_action)
    : rule(its_rule),
      number(its_number),
      action(its_action),
      json(members({rule}, [this](JsonMembers line) { line.text<R"(,"rule":")">(rule); })) {}

std::string_view access_type(const AccessTraffic& traffic) {
  if (traffic.tunnel) return traffic.tls ? "wss" : "ws";
  if (!traffic.tls) return "http";
  if (traffic.grpc) return "grpcs";
  return traffic.http2 ? "h2" : "https";
}

const AccessClient& no_access_client() {
  static const AccessClient none;
  return none;
}

const AccessTarget& no_access_target() {
  static const AccessTarget none;
  return none;
}

const AccessRoute& no_access_route() {
  static const AccessRoute none;
  return none;
}

}  // namespace weir::observe
