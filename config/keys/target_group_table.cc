#include "config/keys/addresses.h"
#include "config/keys/scalars.h"
#include "config/keys/tables.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Algorithm;
using model::GroupTimeouts;
using model::KeepAlive;
using model::Retry;
using model::Target;
using model::TargetGroup;

namespace {

constexpr std::uint32_t kMostWeight = 999;  // as ALB has it

const Table<Target>& target_table() {
  static const Table<Target> table{
      .doc = "One address and port of a target group",
      .fields = {
          required(placed(&Target::address_place,
                          field("address", "IP:PORT", &Target::address, address(AddressUse::target)))),
          field("zone", "The availability zone that it stands in", &Target::zone, off_as({}, name())),
          field("weight", "Its share of the traffic, against the other weights; 0: no new requests",
                &Target::weight, number32(0, kMostWeight)),
          field("id", "Its name in logs and metrics; its address where none is given", &Target::id,
                target_id()),
      }};
  return table;
}

Codec<Target> target() {
  const auto short_form = address(AddressUse::target);
  Json schema = schema_of(target_table());
  return {.expected = "IP:PORT or a map with an address",
          .read = [short_form](const Value& value) -> std::optional<Target> {
            Target target;
            target.place = value.place();
            if (value.kind() == Node::Kind::map) {
              read_table(target_table(), value, target);
            } else if (auto read = short_form.read(value.as("address"))) {
              target.address = *std::move(read);
              target.address_place = target.place;
            }
            if (target.address == base::SocketAddress()) return std::nullopt;  // reported
            if (target.id.empty()) target.id = target.address.to_string();
            return target;
          },
          .write = [](const Target& target) { return write_table(target_table(), target); },
          .schema = either_schema(short_form.schema, std::move(schema))};
}

Table<GroupTimeouts> timeouts_table() {
  const auto limit = [] { return off_or(duration(1ms, 24h)); };
  return {.doc = "How long a target may take",
          .fields = {
              field("connect", "To accept a connection", &GroupTimeouts::connect, limit()),
              field("response", "From the whole request to the head of the response",
                    &GroupTimeouts::response, limit()),
              field("idle", "Between bytes of the response", &GroupTimeouts::idle, limit()),
          }};
}

Table<KeepAlive> keepalive_table() {
  return {.doc = "Idle connections to a target, per target and worker",
          .fields = {
              field("max_idle", "How many are kept; off: none", &KeepAlive::max_idle,
                    off_as<std::uint32_t>(0, number32(0, 10'000))),
              field("max_age", "How old one may get", &KeepAlive::max_age, off_or(duration(1ms, 24h))),
              field("max_requests", "How many requests one may serve", &KeepAlive::max_requests,
                    off_or(number(1, 1'000'000'000))),
          }};
}

enum class RetryReason { connect_failure };

Field<Retry> when_field() {
  using Reasons = std::vector<RetryReason>;
  return mapped_field<Retry, Reasons>(
      "when", "Failures after which another target is tried",
      off_as({}, list_of(one_of<RetryReason>({{"connect_failure", RetryReason::connect_failure}},
                                             {"reset", "timeout", "502", "503", "504"}))),
      [](Retry& retry, const Reasons& reasons) { retry.when.connect_failure = !reasons.empty(); },
      [](const Retry& retry) {
        return retry.when.connect_failure ? Reasons{RetryReason::connect_failure} : Reasons();
      });
}

Table<Retry> retry_table() {
  return {.doc = "When a request is tried again",
          .fields = {
              field("attempts", "All tries, the first included", &Retry::attempts, number32(1, 10)),
              when_field(),
              field("buffer", "The most of a request body that may be sent a second time", &Retry::buffer,
                    size(0, 16ULL << 20)),
          }};
}

}  // namespace

const Table<TargetGroup>& target_group_table() {
  static const Table<TargetGroup> table{
      .doc = "A pool of targets",
      .fields = {
          field("protocol", "What the targets speak", &TargetGroup::protocol,
                one_of<model::Protocol>({{"http", model::Protocol::http}}, {"https"})),
          field("algorithm", "How a target is chosen", &TargetGroup::algorithm,
                one_of<Algorithm>(
                    {{"power_of_two", Algorithm::power_of_two}, {"round_robin", Algorithm::round_robin}},
                    {"least_outstanding", "random", "peak_ewma", "consistent_hash"})),
          field("targets", "IP:PORT, or { address: IP:PORT, zone: ..., weight: ..., id: ... }",
                &TargetGroup::targets, list_of(target())),
          section("timeouts", &TargetGroup::timeouts, timeouts_table()),
          section("keepalive", &TargetGroup::keepalive, keepalive_table()),
          section("retry", &TargetGroup::retry, retry_table()),
          field("preserve_host", "Pass the client's Host on; off: send the target's address",
                &TargetGroup::preserve_host, boolean()),
      }};
  return table;
}

}  // namespace weir::config
