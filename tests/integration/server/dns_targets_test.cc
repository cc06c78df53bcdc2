#include "lb/server/dns_targets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include "tests/support/dns_server.h"
#include "tests/support/eventually.h"

using namespace std::chrono_literals;

namespace weir::server {
namespace {

using test::a_record;
using Strings = std::vector<std::string>;

constexpr std::uint16_t kA = 1;
constexpr std::uint16_t kSrv = 33;

model::DnsTarget name_of(const std::string& name, std::uint32_t weight = 1) {
  model::DnsTarget target;
  target.name = name;
  target.port = 80;
  target.weight = weight;
  target.zone = "az-1";
  return target;
}

model::TargetGroup group_of(const Strings& addresses) {
  model::TargetGroup group;
  group.name = "app";
  group.drain = 1min;
  for (const std::string& address : addresses) {
    model::Target& target = group.targets.emplace_back();
    target.address = *base::SocketAddress::parse(address);
    target.id = address;
  }
  return group;
}

// The names of one group, on the test's thread; time passes when the test says so.
struct Names {
  explicit Names(const Strings& of_file = {})
      : control(std::make_shared<const proxy::GroupSettings>(group_of(of_file)), group_of(of_file).targets,
                {}, {clock.now(), clock.wall()}) {
    targets.emplace(loop, net::ResolverOptions{.servers = {server.address()}},
                    DnsTargets::Outlets{.control = [this](std::size_t) -> GroupControl& { return control; },
                                        .changed = [this](std::size_t) { ++changes; },
                                        .tell = [this](const admin::Event& event) { told.push_back(event); },
                                        .moment = [this] { return at(); }});
  }
  ~Names() {
    targets.reset();
    loop.settle();
  }
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  Moment at() const { return {clock.now(), clock.wall()}; }
  void say(const std::string& name, const Strings& addresses) {
    test::DnsReply reply;
    for (const std::string& address : addresses) reply.records.push_back(a_record(name, address, 5));
    server.answer({name, kA}, reply);
  }
  // Until one more answer, or one more look at a target that somebody else owns.
  void turn() {
    const int before = changes;
    const test::Stopwatch watch;
    while (changes == before && watch.elapsed() < test::kPatience) {
      loop.run_once(1ms);
      server.serve();
    }
    REQUIRE(changes > before);
  }
  void add(const model::DnsTarget& name) {
    names.push_back(name);
    targets->set_names(0, names, nullptr);
    turn();
  }
  void refresh(base::Duration time = 5s) {
    clock.advance(time + net::TimerWheel::kTick);
    control.on_time(at());
    turn();
  }
  Strings members() const {
    Strings result;
    for (const auto& target : control.status(at(), 20).targets)
      result.push_back(target.address + " " + target.owner + (target.state == "draining" ? " draining" : ""));
    std::ranges::sort(result);
    return result;
  }
  Strings events() {
    Strings result;
    for (const admin::Event& event : std::exchange(told, {})) {
      CHECK(event.kind == "dns");
      CHECK(event.target_group == "app");
      result.push_back(event.target + ": " + (event.from.empty() ? "" : event.from + " -> ") + event.to +
                       ", " + event.reason + ", " + event.detail);
    }
    return result;
  }
  Strings status() const {
    Strings result;
    for (const admin::NameStatus& name : targets->status_of(0))
      result.push_back(name.name + ": " + name.result + ", " + name.reason + ", " + name.detail);
    return result;
  }
  // What makes a target stay for as long as the test wants.
  void begin_request(const std::string& address) {
    control.record(slot(address)).entry->state->load.outstanding.fetch_add(1);
  }
  balance::Slot slot(const std::string& address) const { return *control.find(address); }

  base::ManualClock clock;
  net::Loop loop{clock};
  test::DnsServer server;
  GroupControl control;
  int changes = 0;
  std::vector<admin::Event> told;
  std::vector<model::DnsTarget> names;
  std::optional<DnsTargets> targets;
};

}  // namespace

TEST_CASE("the addresses of a name become targets with its settings, and leave when it drops them") {
  Names names;
  names.say("web.test", {"10.0.0.1", "10.0.0.2"});
  CHECK(names.members().empty());
  names.add(name_of("web.test", 7));
  CHECK(names.members() == Strings{"10.0.0.1:80 dns", "10.0.0.2:80 dns"});
  const model::Target& target = names.control.record(names.slot("10.0.0.1:80")).settings();
  CHECK(target.weight == 7);
  CHECK(target.zone == "az-1");
  CHECK(target.id == "10.0.0.1:80");
  CHECK(names.events() == Strings{"web.test: joined, , 10.0.0.1:80 10.0.0.2:80"});

  names.say("web.test", {"10.0.0.2", "10.0.0.3"});
  names.refresh();
  CHECK(names.members() == Strings{"10.0.0.1:80 dns", "10.0.0.2:80 dns", "10.0.0.3:80 dns"});
  names.events();
  for (int i = 0; i < 6; ++i) names.refresh();
  CHECK(names.members() == Strings{"10.0.0.2:80 dns", "10.0.0.3:80 dns"});
  CHECK(names.events() == Strings{"web.test: left, , 10.0.0.1:80"});
}

TEST_CASE(
    "a name that takes the place of another and does not exist leaves its targets, until one has some") {
  Names names;
  names.say("web.test", {"10.0.0.1"});
  names.add(name_of("web.test"));
  names.names.clear();
  names.add(name_of("nowhere.test"));
  names.refresh(10s);
  CHECK(names.members() == Strings{"10.0.0.1:80 dns"});
  names.say("other.test", {"10.0.0.2"});
  names.add(name_of("other.test"));
  CHECK(names.members() == Strings{"10.0.0.2:80 dns"});
}

TEST_CASE("a name that comes back while nobody answers has the targets that it had") {
  Names names;
  names.say("web.test", {"10.0.0.1"});
  names.add(name_of("web.test"));
  names.targets->set_names(0, {}, nullptr);
  names.control.on_time(names.at());
  REQUIRE(names.members().empty());
  names.targets->set_names(0, names.names, nullptr);
  CHECK(names.members() == Strings{"10.0.0.1:80 dns"});
}

TEST_CASE("another process knows the targets of a name that its own answer leaves out, or that has none") {
  Names old;
  old.say("web.test", {"10.0.0.1", "10.0.0.2"});
  old.add(name_of("web.test"));
  Names next;
  SUBCASE("left out") {
    next.say("web.test", {"10.0.0.1"});
    next.add(name_of("web.test"));
  }
  SUBCASE("not answered") {
    next.names = {name_of("web.test")};
    next.targets->set_names(0, next.names, nullptr);
  }
  next.targets->restore(0, old.targets->snapshot(0));
  CHECK(next.members() == Strings{"10.0.0.1:80 dns", "10.0.0.2:80 dns"});
}

TEST_CASE("another process keeps the targets of a name that is no more until the one in its place has some") {
  Names old;
  old.say("web.test", {"10.0.0.1"});
  old.add(name_of("web.test"));
  Names next;
  SUBCASE("it has none") {
    next.add(name_of("other.test"));
    next.targets->restore(0, old.targets->snapshot(0));
    CHECK(next.members() == Strings{"10.0.0.1:80 dns"});
    Names third;
    third.add(name_of("other.test"));
    third.targets->restore(0, next.targets->snapshot(0));
    CHECK(third.members() == Strings{"10.0.0.1:80 dns"});
    next.say("other.test", {"10.0.0.2"});
    next.refresh(1s);
    CHECK(next.members() == Strings{"10.0.0.2:80 dns"});
  }
  SUBCASE("it has some") {
    next.say("other.test", {"10.0.0.2"});
    next.add(name_of("other.test"));
    next.targets->restore(0, old.targets->snapshot(0));
    CHECK(next.members() == Strings{"10.0.0.2:80 dns"});
  }
  SUBCASE("there is none in its place") {
    next.targets->restore(0, old.targets->snapshot(0));
    CHECK(next.members().empty());
  }
}

TEST_CASE("a change of kind is told once, and the last good set stays") {
  Names names;
  names.add(name_of("web.test"));
  names.refresh(1s);
  names.refresh(2s);
  CHECK(names.members().empty());
  CHECK(names.events() == Strings{"web.test: nxdomain, no such name, it has no targets"});
  CHECK(names.status() == Strings{"web.test: nxdomain, no such name, it has no targets"});

  names.say("web.test", {"10.0.0.1"});
  names.refresh(4s);
  CHECK(names.events() == Strings{"web.test: nxdomain -> ok, , ", "web.test: joined, , 10.0.0.1:80"});
  CHECK(names.status() == Strings{"web.test: ok, , "});

  names.say("web.test", {});
  names.refresh();
  names.refresh(1s);
  names.server.answer({"web.test", kA}, {.code = 2});
  names.refresh(2s);
  const Strings events = names.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0] == "web.test: empty, no records, targets kept: 1");
  CHECK(events[1].starts_with("web.test: empty -> failed, "));
  CHECK(names.members() == Strings{"10.0.0.1:80 dns"});

  const auto facts = names.targets->facts_of(0);
  REQUIRE(facts.size() == 1);
  CHECK(facts[0].name == "web.test");
  CHECK(facts[0].refreshes == std::array<std::uint64_t, 6>{1, 3, 2, 1, 0, 0});
}

TEST_CASE("what the file or the API owns stays theirs, and what the API lets go is taken") {
  Names names({"10.0.0.1:80"});
  model::Target registered;
  registered.address = *base::SocketAddress::parse("10.0.0.2:80");
  registered.id = "mine";
  const auto slot = names.control.add(registered, Owner::api, names.at());
  names.say("web.test", {"10.0.0.1", "10.0.0.2"});
  names.add(name_of("web.test"));
  CHECK(names.members() == Strings{"10.0.0.1:80 file", "10.0.0.2:80 api"});

  names.control.remove(slot, names.at());
  names.refresh(1s);
  CHECK(names.members() == Strings{"10.0.0.1:80 file", "10.0.0.2:80 dns"});

  names.say("web.test", {"10.0.0.3"});
  for (int i = 0; i < 9; ++i) names.refresh();
  CHECK(names.members() == Strings{"10.0.0.1:80 file", "10.0.0.3:80 dns"});
}

TEST_CASE("a target that drains because its name dropped it is undrained when it is named again") {
  for (const bool drained_by_operator : {false, true}) {
    CAPTURE(drained_by_operator);
    Names names;
    names.say("web.test", {"10.0.0.1", "10.0.0.2"});
    names.add(name_of("web.test"));
    names.begin_request("10.0.0.1:80");
    if (drained_by_operator) names.control.drain(names.slot("10.0.0.1:80"), names.at());
    names.say("web.test", {"10.0.0.2"});
    for (int i = 0; i < 7; ++i) names.refresh();
    REQUIRE(names.members() == Strings{"10.0.0.1:80 dns draining", "10.0.0.2:80 dns"});
    REQUIRE(names.control.record(names.slot("10.0.0.1:80")).drain->leaves);

    names.say("web.test", {"10.0.0.1", "10.0.0.2"});
    names.refresh();
    const auto& drain = names.control.record(names.slot("10.0.0.1:80")).drain;
    CHECK(drain.has_value() == drained_by_operator);
    if (drain) CHECK_FALSE(drain->leaves);
  }
}

TEST_CASE("an address that two names give belongs to the first, until that one drops it") {
  Names names;
  names.say("a.test", {"10.0.0.1"});
  names.say("b.test", {"10.0.0.1"});
  names.add(name_of("a.test", 2));
  names.add(name_of("b.test", 3));
  const auto weight = [&] { return names.control.record(names.slot("10.0.0.1:80")).settings().weight; };
  CHECK(weight() == 2);
  names.say("a.test", {"10.0.0.9"});
  for (int i = 0; i < 40 && weight() == 2; ++i) names.refresh();
  CHECK(weight() == 3);
  CHECK(names.members() == Strings{"10.0.0.1:80 dns", "10.0.0.9:80 dns"});
}

TEST_CASE("SRV records give ports and weights, and a new weight is taken over") {
  Names names;
  const auto say = [&](std::uint16_t weight) {
    names.server.answer({"web.test", kSrv},
                        {.records = {test::srv_record("web.test", 0, weight, 8080, "a.test", 5)}});
  };
  say(3);
  names.say("a.test", {"10.0.0.1"});
  model::DnsTarget service = name_of("web.test", 10);
  service.srv = true;
  names.add(service);
  CHECK(names.control.record(names.slot("10.0.0.1:8080")).settings().weight == 30);
  say(4);
  names.refresh();
  CHECK(names.control.record(names.slot("10.0.0.1:8080")).settings().weight == 40);
}

TEST_CASE("a host of an SRV record without an address is told, and the others are targets") {
  Names names;
  names.server.answer({"web.test", kSrv},
                      {.records = {test::srv_record("web.test", 0, 1, 8080, "a.test", 5),
                                   test::srv_record("web.test", 0, 1, 8080, "gone.test", 5)}});
  names.say("a.test", {"10.0.0.1"});
  model::DnsTarget service = name_of("web.test", 10);
  service.srv = true;
  names.add(service);
  CHECK(names.members() == Strings{"10.0.0.1:8080 dns"});
  const auto partial = std::ranges::find(names.told, "partial", &admin::Event::to);
  REQUIRE(partial != names.told.end());
  CHECK(partial->detail.find("gone.test of its SRV records: ") != std::string::npos);
}

}  // namespace weir::server
