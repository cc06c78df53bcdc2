#include "lb/server/upgrade_estate.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include "lb/observe/totals_sum.h"
#include "lb/server/upgrade_json.h"

namespace weir::server::upgrade {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostProcesses = 64;
constexpr std::ptrdiff_t kMembersOfPiece = 200;  // of a name, in one entry

std::int64_t ticks_of(base::WallTime at) { return at.time_since_epoch().count(); }

void read_directory(const Json& json, DirectorySnapshot& directory) {
  directory.latency_bounds = read_bounds(json);
  directory.event_number = json.value("event_number", std::uint64_t{0});
  const auto counts = json.value("event_counts", std::vector<std::uint64_t>());
  std::copy_n(counts.begin(), std::min(counts.size(), directory.event_counts.size()),
              directory.event_counts.begin());
  for (const Json& one : json.value("missing_drains", Json::array())) {
    const auto address = base::SocketAddress::parse(one.at("address").get<std::string>());
    if (address) directory.missing_drains.push_back({one.at("group"), *address});
  }
  for (const Json& one : json.value("shifts", Json::array())) directory.shifts.push_back(read_shift(one));
}

// Null: there is no such group.
GroupSnapshot* find_group(DirectorySnapshot& directory, const std::string& name) {
  auto group = directory.groups.rbegin();  // entries come group by group
  if (group == directory.groups.rend() || group->name != name) {
    group = std::ranges::find(directory.groups.rbegin(), directory.groups.rend(), name, &GroupSnapshot::name);
  }
  return group == directory.groups.rend() ? nullptr : &*group;
}

void read_targets(const Json& entries, DirectorySnapshot& directory) {
  for (const Json& entry : entries) {
    GroupSnapshot* const group = find_group(directory, entry.at("group"));
    if (group != nullptr) group->targets.push_back(read_target(entry));
  }
}

void write_names(const GroupSnapshot& group, Pieces& to) {
  for (const NameSnapshot& name : group.names) {
    for (auto at = name.members.begin(); at != name.members.end();) {
      const auto end = std::ranges::next(at, kMembersOfPiece, name.members.end());
      to.add(to_json(group.name, name, MemberPiece(at, end)));
      at = end;
    }
  }
}

void read_names(const Json& entries, DirectorySnapshot& directory) {
  for (const Json& entry : entries) {
    GroupSnapshot* const group = find_group(directory, entry.at("group"));
    if (group == nullptr) continue;
    NameSnapshot name = read_name(entry);
    const auto known = std::ranges::find_if(group->names, [&](const NameSnapshot& one) {
      return one.name == name.name && one.port == name.port && one.srv == name.srv;
    });
    if (known == group->names.end()) {
      group->names.push_back(std::move(name));
    } else {
      known->members.merge(name.members);
    }
  }
}

void write_absent(const State& absent, Pieces& to) {
  for (const State::Registered& one : absent.registrations) {
    TargetSnapshot target;
    target.target = one.target;
    target.owner = Owner::api;
    to.add(to_json(one.group, target));
  }
  for (const State::Drained& one : absent.drains) {
    to.add({{"group", one.group}, {"drained", one.address.to_string()}});
  }
}

void write(const DirectorySnapshot& directory, const Pieces::Send& send) {
  Json head = bounds_member(directory.latency_bounds);
  head["event_number"] = directory.event_number;
  head["event_counts"] = directory.event_counts;
  for (const State::Drained& one : directory.missing_drains) {
    head["missing_drains"].push_back({{"group", one.group}, {"address", one.address.to_string()}});
  }
  for (const admin::ZoneShift& shift : directory.shifts) head["shifts"].push_back(to_json(shift));
  send(message("directory", head));
  {
    Pieces groups("groups", Json::object(), send);
    for (const GroupSnapshot& group : directory.groups) groups.add(to_json(group));
  }
  {
    Pieces names("names", Json::object(), send);
    for (const GroupSnapshot& group : directory.groups) write_names(group, names);
  }
  {
    Pieces absent("absent", Json::object(), send);
    write_absent(directory.absent, absent);
  }
  Pieces targets("targets", Json::object(), send);
  for (const GroupSnapshot& group : directory.groups) {
    for (const TargetSnapshot& target : group.targets) targets.add(to_json(group.name, target));
  }
}

void read_absent(const Json& entries, State& absent) {
  for (const Json& entry : entries) {
    const std::string group = entry.at("group");
    if (!entry.contains("drained")) {
      absent.registrations.push_back({group, read_target(entry).target});
    } else if (const auto address = base::SocketAddress::parse(entry["drained"].get<std::string>())) {
      absent.drains.push_back({group, *address});
    }
  }
}

}  // namespace

void write(Estate& estate, const Send& send) {
  const Pieces::Send send_text = [&](std::string text) { send({std::move(text)}); };
  write(estate.directory, send_text);
  {
    Pieces pieces("past", bounds_member(estate.past.latency_bounds), send_text);
    write_totals(estate.past, pieces);
  }
  for (std::size_t i = 0; i < estate.processes.size(); ++i) {
    OldProcess& process = estate.processes[i];
    net::Message told{message("process", {{"number", i},
                                          {"pid", process.pid},
                                          {"since", ticks_of(process.since)},
                                          {"connections", process.connections},
                                          {"access_log_dropped", process.access_log_dropped},
                                          {"spans", to_json(process.spans)}})};
    if (process.channel.valid()) told.fds.push_back(std::move(process.channel));
    send(std::move(told));
    Json head = bounds_member(process.totals.latency_bounds);
    head["number"] = i;
    Pieces pieces("totals", head, send_text);
    write_totals(process.totals, pieces);
  }
  send_text(message("estate", {{"reloads", estate.reloads},
                               {"access_log_dropped", estate.access_log_dropped},
                               {"spans", to_json(estate.spans)}}));
}

std::expected<bool, std::string> EstateReader::take(net::Message message) {
  try {
    return read(message);
  } catch (const std::exception& problem) {
    return std::unexpected(std::string("what was handed over makes no sense: ") + problem.what());
  }
}

bool EstateReader::read(net::Message& message) {
  const Json json = Json::parse(message.text);
  const std::string type = json.value("type", "");
  const Json entries = json.value("entries", Json::array());
  if (type == "directory") read_directory(json, estate_.directory);
  if (type == "groups") {
    for (const Json& entry : entries) estate_.directory.groups.push_back(read_group(entry));
  }
  if (type == "names") read_names(entries, estate_.directory);
  if (type == "absent") read_absent(entries, estate_.directory.absent);
  if (type == "targets") read_targets(entries, estate_.directory);
  if (type == "past") read_totals(json, estate_.past);
  if (type == "process") {
    if (estate_.processes.size() >= kMostProcesses) throw std::invalid_argument("too many processes");
    OldProcess& process = estate_.processes.emplace_back();
    process.pid = json.value("pid", 0);
    process.since = base::WallTime(std::chrono::nanoseconds(json.value("since", std::int64_t{0})));
    process.connections = json.value("connections", std::uint64_t{0});
    process.access_log_dropped = json.value("access_log_dropped", std::uint64_t{0});
    process.spans = read_spans(json.value("spans", Json::object()));
    if (!message.fds.empty()) process.channel = std::move(message.fds.front());
  }
  if (type == "totals") read_totals(json, estate_.processes.at(json.value("number", 0U)).totals);
  if (type != "estate") return false;
  const auto reloads = json.value("reloads", std::vector<std::uint64_t>());
  std::copy_n(reloads.begin(), std::min(reloads.size(), estate_.reloads.size()), estate_.reloads.begin());
  estate_.access_log_dropped = json.value("access_log_dropped", std::uint64_t{0});
  estate_.spans = read_spans(json.value("spans", Json::object()));
  if (estate_.processes.empty()) throw std::invalid_argument("nobody has left it");
  return true;
}

}  // namespace weir::server::upgrade
