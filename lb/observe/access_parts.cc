#include "lb/observe/access_parts.h"

#include <initializer_list>

#include "lb/observe/json_members.h"

namespace weir::observe {
namespace {

constexpr std::size_t kFixedRoom = 128;  // keys and numbers

// What `put` writes, of texts as these.
template <class Put>
std::string members(std::initializer_list<std::string_view> texts, Put put) {
  std::size_t room = kFixedRoom;
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

}  // namespace

AccessClient::AccessClient(std::string_view its_type, std::string_view its_listener,
                           std::string_view its_address, std::uint16_t its_port)
    : type(its_type),
      listener(its_listener),
      address(its_address),
      port(its_port),
      json(members({type, listener, address}, [this](JsonMembers line) {
        line.text<R"(,"type":")">(type);
        line.text<R"(,"listener":")">(listener);
        line.text<R"(,"client":")">(address);
        line.number<R"(,"client_port":)">(port);
      })) {}

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
