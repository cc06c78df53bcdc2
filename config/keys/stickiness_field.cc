#include <algorithm>

#include "config/keys/group_fields.h"
#include "config/keys/http_values.h"
#include "config/keys/scalars.h"
#include "config/keys/texts.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Stickiness;
using model::TargetGroup;

namespace {

using Renew = Stickiness::Renew;
using SameSite = Stickiness::SameSite;
using Secure = Stickiness::Secure;
using Type = Stickiness::Type;

Field<Stickiness> ttl_field() {
  return mapped_field<Stickiness, model::Milliseconds>(
      "ttl", "How long a client stays with its target after its last request", duration(1s, 168h),
      [](Stickiness& stickiness, model::Milliseconds ttl) {
        stickiness.ttl = std::chrono::duration_cast<std::chrono::seconds>(ttl);
      },
      [](const Stickiness& stickiness) { return model::Milliseconds(stickiness.ttl); });
}

const Table<Stickiness>& stickiness_table() {
  static const Table<Stickiness> table{
      .doc = "Keeps a client with its target by a cookie",
      .fields = {
          field("type",
                "lb_cookie: from its first request on; app_cookie: once the target has set app_cookie",
                &Stickiness::type,
                one_of<Type>({{"lb_cookie", Type::lb_cookie}, {"app_cookie", Type::app_cookie}})),
          field("name", "Of weir's cookie", &Stickiness::name, cookie_name()),
          field("app_cookie", "The name of the target's own cookie", &Stickiness::app_cookie,
                off_as<std::string>("", cookie_name())),
          ttl_field(),
          field("renew",
                "always: with each response; half: when half of the ttl has passed, which leaves other "
                "answers to shared caches",
                &Stickiness::renew, one_of<Renew>({{"always", Renew::always}, {"half", Renew::half}})),
          field("same_site", "lax, strict or none", &Stickiness::same_site,
                one_of<SameSite>(
                    {{"lax", SameSite::lax}, {"strict", SameSite::strict}, {"none", SameSite::none}})),
          field("secure", "auto: when the client came by TLS", &Stickiness::secure,
                one_of_with_switch<Secure>(
                    {{"auto", Secure::automatic}, {"on", Secure::on}, {"off", Secure::off}})),
          field("cors_twin", "A second cookie, with SameSite=None, for requests from other sites",
                &Stickiness::cors_twin, boolean()),
      }};
  return table;
}

void check_app_cookie(const Value& value, const Stickiness& stickiness) {
  const bool by_app = stickiness.type == Type::app_cookie;
  const auto entries = value.entries("a map of keys").value_or(std::vector<Entry>());
  const auto given =
      std::ranges::find_if(entries, [](const Entry& entry) { return entry.key->text == "app_cookie"; });
  if (given == entries.end()) {
    if (by_app) value.report().add<Message::missing_key>(value.key_where(), "app_cookie");
    return;
  }
  const std::string& name = stickiness.app_cookie;
  const bool is_own = name == stickiness.name || (stickiness.cors_twin && name == stickiness.name + "CORS");
  const Value member = value.member(*given);
  if (by_app && is_off(member)) {
    value.report().add<Message::missing_key>(value.key_where(), "app_cookie");
  } else if (!by_app && !name.empty()) {
    value.report().add<Message::key_goes_with>(member.key_where(), "app_cookie", "type: app_cookie");
  } else if (is_own) {
    value.report().add<Message::cookie_name_own>(member.where(), shown(name));
  }
}

void check(const Value& value, const Stickiness& stickiness) {
  check_app_cookie(value, stickiness);
  if (stickiness.same_site == SameSite::none && stickiness.secure == Secure::off) {
    value.report().add<Message::same_site_none>(value.key_where());
  }
}

}  // namespace

Field<TargetGroup> stickiness_field() {
  auto codec = section_codec(stickiness_table());
  codec.read = [read = codec.read](const Value& value) {
    auto stickiness = read(value);
    if (stickiness) {
      stickiness->place = value.key_place();
      check(value, *stickiness);
    }
    return stickiness;
  };
  return field("stickiness", "Keeps a client with its target by a cookie", &TargetGroup::stickiness,
               off_or(std::move(codec)));
}

}  // namespace weir::config
