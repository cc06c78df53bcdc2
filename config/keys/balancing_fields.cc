#include <algorithm>

#include "config/keys/group_fields.h"
#include "config/keys/ratios.h"
#include "config/keys/scalars.h"
#include "config/keys/texts.h"
#include "config/keys/units.h"
#include "lb/base/text.h"
#include "lb/http/syntax.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Algorithm;
using model::CrossZone;
using model::FailOpen;
using model::HashKey;
using model::TargetGroup;

namespace {

struct HashSource {
  std::string_view prefix;  // with a name behind it where it ends with a colon
  HashKey::Kind kind;
};

constexpr HashSource kHashSources[] = {{"source", HashKey::Kind::source},
                                       {"path", HashKey::Kind::path},
                                       {"header:", HashKey::Kind::header},
                                       {"cookie:", HashKey::Kind::cookie},
                                       {"query:", HashKey::Kind::query}};

constexpr const char* kHashKey = "source, path, header:NAME, cookie:NAME or query:NAME";

bool is_hash_name(HashKey::Kind kind, std::string_view name) {
  const auto visible = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; };
  if (kind == HashKey::Kind::query) return !name.empty() && std::ranges::all_of(name, visible);
  return http::is_token(name);
}

std::optional<HashKey> read_hash_key(const Value& value) {
  const auto text = value.text(kHashKey);
  if (!text) return std::nullopt;
  for (const auto& [prefix, kind] : kHashSources) {
    if (!prefix.ends_with(':')) {
      if (*text == prefix) return HashKey{.kind = kind, .name = {}};
    } else if (text->starts_with(prefix)) {
      const std::string name = text->substr(prefix.size());
      if (is_hash_name(kind, name)) {
        return HashKey{.kind = kind, .name = kind == HashKey::Kind::header ? base::to_lower(name) : name};
      }
      value.report().add<Message::hash_name>(
          name.empty() ? value.where() : value.part(prefix.size(), name.size()), shown(name),
          prefix.substr(0, prefix.size() - 1));
      return std::nullopt;
    }
  }
  value.report().add<Message::not_one_of>(value.where(), value.expected(kHashKey), shown(*text));
  return std::nullopt;
}

Codec<HashKey> hash_key() {
  return {.expected = kHashKey,
          .read = read_hash_key,
          .write = [](const HashKey& key) -> Json {
            for (const auto& [prefix, kind] : kHashSources) {
              if (kind == key.kind) return write_text(std::string(prefix) + key.name);
            }
            return nullptr;
          },
          .schema = pattern_schema("^(source|path|(header|cookie|query):.+)$")};
}

// The section has one key, and the model nothing beside it.
const Table<TargetGroup>& hash_table() {
  static const Table<TargetGroup> table{.doc = "What consistent_hash keeps on one target",
                                        .fields = {field("key", kHashKey, &TargetGroup::hash, hash_key())}};
  return table;
}

Codec<CrossZone> cross_zone() {
  return one_of_with_switch<CrossZone>(
      {{"on", CrossZone::on}, {"off", CrossZone::off}, {"prefer", CrossZone::prefer}});
}

Table<FailOpen> fail_open_table() {
  return {.doc = "With fewer healthy targets than either bound, all targets get traffic",
          .fields = {
              placed(&FailOpen::min_healthy_place, field("min_healthy", "How many have to be healthy",
                                                         &FailOpen::min_healthy, number32(0, 100'000))),
              field("min_healthy_percent", "Which share of them has to be", &FailOpen::min_healthy_percent,
                    off_or(percent(1, 100))),
              field("refuse", "Answer 503 instead", &FailOpen::refuse, boolean()),
          }};
}

// A ramp of 0s is none.
Codec<model::Milliseconds> ramp() {
  auto codec = off_as<model::Milliseconds>(0ms, duration(1s, 15min));
  codec.read = [read = codec.read](const Value& value) {
    return value.is_word("0s") ? std::optional<model::Milliseconds>(0ms) : read(value);
  };
  codec.write = [](const model::Milliseconds& d) { return Json(format_duration(d)); };
  return codec;
}

}  // namespace

Field<TargetGroup> algorithm_field() {
  return field("algorithm", "How a target is chosen", &TargetGroup::algorithm,
               one_of<Algorithm>({{"power_of_two", Algorithm::power_of_two},
                                  {"round_robin", Algorithm::round_robin},
                                  {"least_outstanding", Algorithm::least_outstanding},
                                  {"random", Algorithm::random},
                                  {"peak_ewma", Algorithm::peak_ewma},
                                  {"consistent_hash", Algorithm::consistent_hash}}));
}

Field<TargetGroup> hash_field() {
  return placed(
      &TargetGroup::hash_place,
      Field<TargetGroup>{
          .key = "hash",
          .doc = hash_table().doc,
          .read = [](const Value& value, TargetGroup& group) { read_table(hash_table(), value, group); },
          .write = [](const TargetGroup& group) { return write_table(hash_table(), group); },
          .schema = schema_of(hash_table())});
}

Field<TargetGroup> cross_zone_field() {
  return placed(&TargetGroup::cross_zone_place,
                field("cross_zone",
                      "Which zones get traffic: all alike (on), the node's own only (off), or the "
                      "own one while it can carry its share (prefer)",
                      &TargetGroup::cross_zone, cross_zone()));
}

Field<TargetGroup> fail_open_field() {
  return section("fail_open", &TargetGroup::fail_open, fail_open_table());
}

Field<TargetGroup> slow_start_field() {
  return field("slow_start", "Ramp for a target that becomes healthy beside warm ones; 0s: none",
               &TargetGroup::slow_start, ramp());
}

}  // namespace weir::config
