#include <algorithm>
#include <variant>

#include "config/keys/addresses.h"
#include "config/keys/dns_names.h"
#include "config/keys/group_fields.h"
#include "config/keys/scalars.h"

namespace weir::config {

using model::DnsTarget;
using model::Place;
using model::Target;
using model::TargetGroup;

namespace {

constexpr std::uint32_t kMostRequests = 1'000'000;

// One entry of the list as it is written: which keys go together is seen when all are read.
struct Entered {
  std::optional<base::SocketAddress> address;
  Place address_place;
  std::optional<std::string> dns;
  Place dns_place;
  std::optional<std::uint16_t> port;
  std::optional<bool> srv;
  std::string zone;
  std::uint32_t weight = 1;
  std::optional<std::uint32_t> max_requests;
  std::optional<std::string> id;
};

using AnyTarget = std::variant<Target, DnsTarget>;

// A key that not every entry has.
template <class V>
Field<Entered> part(const std::string& key, const std::string& doc, std::optional<V> Entered::* member,
                    Codec<V> codec) {
  return {
      .key = key,
      .doc = doc,
      .read = [member, read = codec.read](const Value& value,
                                          Entered& entered) { entered.*member = read(value); },
      .write = [member, write = codec.write](
                   const Entered& entered) { return entered.*member ? write(*(entered.*member)) : Json(); },
      .schema = std::move(codec.schema)};
}

const Table<Entered>& entry_table() {
  static const Table<Entered> table{
      .doc = "One address and port of a target group, or a DNS name for any number of them",
      .fields = {
          required_unless({"dns"},
                          placed(&Entered::address_place,
                                 part("address", "IP:PORT", &Entered::address, address(AddressUse::target)))),
          placed(&Entered::dns_place,
                 part("dns", "A name whose addresses are targets, each with these settings", &Entered::dns,
                      dns_name())),
          part("port", "Of the addresses of the name; required with dns, unless srv is on", &Entered::port,
               number16(1, 65535)),
          part("srv", "Look SRV records up: they have ports and weights of their own", &Entered::srv,
               boolean()),
          field("zone", "The availability zone that it stands in", &Entered::zone, off_as({}, name())),
          field("weight", "Its share of the traffic, against the other weights; 0: no new requests",
                &Entered::weight, number32(0, model::kMostWeight)),
          field("max_requests", "How many it gets at the same time, of all workers; more wait in the queue",
                &Entered::max_requests, off_or(number32(1, kMostRequests))),
          part("id", "Its name in logs and metrics; its address where none is given", &Entered::id,
               target_id()),
      }};
  return table;
}

class EntryReader {
 public:
  explicit EntryReader(const Value& value) : value_(value) {}

  std::optional<AnyTarget> read() {
    const auto entries = value_.entries("a target");
    if (!entries) return std::nullopt;
    entries_ = *entries;
    read_table(entry_table(), value_, entered_);
    if (find("address") != nullptr && find("dns") != nullptr) {
      report<Message::keys_exclude>("dns", "address", "dns");
      return std::nullopt;
    }
    return find("dns") == nullptr ? address_target() : dns_target();
  }

 private:
  const Entry* find(std::string_view key) const {
    const auto found = std::ranges::find(entries_, key, [](const Entry& entry) { return entry.key->text; });
    return found == entries_.end() ? nullptr : &*found;
  }

  template <Message Which, class... Arguments>
  void report(std::string_view key, const Arguments&... arguments) const {
    value_.report().add<Which>(value_.member(*find(key)).key_where(), arguments...);
  }

  void only_with(std::string_view other, std::initializer_list<std::string_view> keys) const {
    for (const std::string_view key : keys) {
      if (find(key) != nullptr) report<Message::key_goes_with>(key, key, other);
    }
  }

  std::optional<AnyTarget> address_target() const {
    if (find("address") != nullptr) only_with("dns", {"port", "srv"});
    if (!entered_.address) return std::nullopt;  // reported
    return Target{.address = *entered_.address,
                  .address_place = entered_.address_place,
                  .id = entered_.id.value_or(entered_.address->to_string()),
                  .zone = entered_.zone,
                  .weight = entered_.weight,
                  .max_requests = entered_.max_requests,
                  .place = value_.place()};
  }

  std::optional<AnyTarget> dns_target() const {
    only_with("address", {"id"});
    const bool srv = entered_.srv.value_or(false);
    if (srv && find("port") != nullptr) {
      report<Message::keys_exclude>("port", "srv", "port");
    } else if (!srv && find("port") == nullptr) {
      value_.report().add_with_hint<Message::missing_key>(value_.key_where(),
                                                          "'srv: on' takes those of SRV records", "port");
    }
    if (!entered_.dns) return std::nullopt;
    return DnsTarget{.name = *entered_.dns,
                     .port = entered_.port.value_or(0),
                     .srv = srv,
                     .zone = entered_.zone,
                     .weight = entered_.weight,
                     .max_requests = entered_.max_requests,
                     .place = value_.place(),
                     .name_place = entered_.dns_place};
  }

  const Value& value_;
  std::vector<Entry> entries_;
  Entered entered_;
};

Entered entered(const Target& target) {
  Entered entered;
  entered.address = target.address;
  entered.zone = target.zone;
  entered.weight = target.weight;
  entered.max_requests = target.max_requests;
  entered.id = target.id;
  return entered;
}

Entered entered(const DnsTarget& target) {
  Entered entered;
  entered.dns = target.name;
  if (!target.srv) entered.port = target.port;
  entered.srv = target.srv;
  entered.zone = target.zone;
  entered.weight = target.weight;
  entered.max_requests = target.max_requests;
  return entered;
}

Codec<AnyTarget> target() {
  const auto short_form = address(AddressUse::target);
  return {.expected = "IP:PORT or a map with an address",
          .read = [short_form](const Value& value) -> std::optional<AnyTarget> {
            if (value.kind() == Node::Kind::map) return EntryReader(value).read();
            auto address = short_form.read(value.as("address"));
            if (!address) return std::nullopt;
            return Target{.address = *address,
                          .address_place = value.place(),
                          .id = address->to_string(),
                          .zone = {},
                          .max_requests = {},
                          .place = value.place()};
          },
          .write =
              [](const AnyTarget& target) {
                return std::visit([](const auto& each) { return written(each); }, target);
              },
          .schema = either_schema(short_form.schema, schema_of(entry_table()))};
}

}  // namespace

Json written(const Target& target) { return write_table(entry_table(), entered(target)); }
Json written(const DnsTarget& target) { return write_table(entry_table(), entered(target)); }

Field<TargetGroup> targets_field() {
  return mapped_field<TargetGroup, std::vector<AnyTarget>>(
      "targets", "IP:PORT, { address: IP:PORT, ... } or { dns: NAME, port: PORT, ... }", list_of(target()),
      [](TargetGroup& group, const std::vector<AnyTarget>& targets) {
        for (const AnyTarget& target : targets) {
          if (const auto* named = std::get_if<DnsTarget>(&target)) {
            group.dns_targets.push_back(*named);
          } else {
            group.targets.push_back(std::get<Target>(target));
          }
        }
      },
      [](const TargetGroup& group) {
        std::vector<AnyTarget> targets(group.targets.begin(), group.targets.end());
        targets.insert(targets.end(), group.dns_targets.begin(), group.dns_targets.end());
        return targets;
      });
}

}  // namespace weir::config
