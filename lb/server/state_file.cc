#include "lb/server/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "lb/base/log.h"
#include "lb/net/fd.h"

namespace weir::server {
namespace {

namespace log = base::log;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::size_t kMostBytes = 64u << 20;
constexpr auto kPatience = std::chrono::milliseconds(50);

std::string error_text() { return std::strerror(errno); }

std::int64_t to_milliseconds(base::WallTime at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}
base::WallTime from_milliseconds(std::int64_t at) { return base::WallTime(std::chrono::milliseconds(at)); }

base::SocketAddress read_address(const Json& json) {
  const auto address = base::SocketAddress::parse(json.get<std::string>());
  if (!address) throw std::invalid_argument("an address: " + address.error());
  return *address;
}

State::Registered read_registered(const Json& json) {
  State::Registered registered;
  registered.group = json.at("group");
  admin::Registration& target = registered.target;
  target.address = read_address(json.at("address"));
  target.zone = json.at("zone");
  target.weight = json.at("weight");
  if (!json.at("max_requests").is_null()) target.max_requests = json.at("max_requests").get<std::uint32_t>();
  target.id = json.at("id");
  return registered;
}

}  // namespace

std::string write_state(const State& state) {
  Json json{{"version", kVersion}};
  json["registrations"] = Json::array();
  for (const auto& [group, target] : state.registrations) {
    json["registrations"].push_back(
        {{"group", group},
         {"address", target.address.to_string()},
         {"zone", target.zone},
         {"weight", target.weight},
         {"max_requests", target.max_requests ? Json(*target.max_requests) : Json()},
         {"id", target.id}});
  }
  json["drains"] = Json::array();
  for (const auto& [group, address] : state.drains) {
    json["drains"].push_back({{"group", group}, {"address", address.to_string()}});
  }
  json["shifts"] = Json::array();
  for (const admin::ZoneShift& shift : state.shifts) {
    json["shifts"].push_back({{"zone", shift.zone},
                              {"reason", shift.reason},
                              {"since", to_milliseconds(shift.since)},
                              {"until", to_milliseconds(shift.until)}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::expected<State, std::string> read_state(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    if (json.at("version") != kVersion) return std::unexpected("it has another version");
    State state;
    for (const Json& one : json.at("registrations")) state.registrations.push_back(read_registered(one));
    for (const Json& one : json.at("drains")) {
      state.drains.push_back({one.at("group"), read_address(one.at("address"))});
    }
    for (const Json& one : json.at("shifts")) {
      state.shifts.push_back({.zone = one.at("zone"),
                              .reason = one.at("reason"),
                              .since = from_milliseconds(one.at("since")),
                              .until = from_milliseconds(one.at("until"))});
    }
    return state;
  } catch (const std::exception& problem) {
    return std::unexpected(problem.what());
  }
}

StateFile::StateFile(const std::string& state_dir)
    : directory_(state_dir), path_(state_dir.empty() ? "" : state_dir + "/state.json") {}

State StateFile::load() {
  if (path_.empty()) return {};
  std::ifstream file(path_, std::ios::binary);
  if (!file) {
    if (errno != ENOENT && errno != ENOTDIR) log::warn("state: cannot read {}: {}", path_, error_text());
    return {};
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (text.size() > kMostBytes) {
    set_aside("it is too large");
    return {};
  }
  auto state = read_state(text);
  if (state) return *std::move(state);
  set_aside(state.error());
  return {};
}

void StateFile::set_aside(const std::string& why) {
  const std::string aside = path_ + ".unreadable";
  if (std::rename(path_.c_str(), aside.c_str()) == 0) {
    log::error(
        "state: {} cannot be used ({}): it is now {}; registrations, drains and zone shifts are forgotten",
        path_, why, aside);
  } else {
    log::error("state: {} cannot be used ({}), nor renamed: {}", path_, why, error_text());
  }
}

StateFile::~StateFile() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (writer_.joinable()) writer_.join();
}

void StateFile::save(State state) {
  if (path_.empty()) return;
  std::unique_lock lock(mutex_);
  pending_ = std::move(state);
  if (!writer_.joinable()) writer_ = std::thread([this] { write_all(); });
  changed_.notify_all();
  changed_.wait_for(lock, kPatience, [this] { return !pending_ && !writing_; });
}

void StateFile::write_all() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return pending_ || ending_; });
    if (!pending_) return;
    const State state = *std::exchange(pending_, std::nullopt);
    writing_ = true;
    lock.unlock();
    write(state);
    lock.lock();
    writing_ = false;
    changed_.notify_all();
  }
}

void StateFile::write(const State& state) const {
  if (const auto replaced = replace(write_state(state)); !replaced) {
    log::error("state: cannot write {}: {}; what was asked for holds until this process ends", path_,
               replaced.error());
  }
}

std::expected<void, std::string> StateFile::replace(const std::string& text) const {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return std::unexpected(error_text());
  const std::string beside = path_ + ".new";
  const net::Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd.valid()) return std::unexpected(error_text());
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(fd.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return std::unexpected(error_text());
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(fd.get()) != 0) return std::unexpected(error_text());
  if (std::rename(beside.c_str(), path_.c_str()) != 0) return std::unexpected(error_text());
  return {};
}

}  // namespace weir::server
