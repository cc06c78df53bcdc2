#include "lb/server/state_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "lb/base/log.h"
#include "lb/net/fd.h"

namespace weir::server {
namespace {

namespace log = base::log;
using Json = nlohmann::ordered_json;

constexpr int kVersion = 1;
constexpr std::size_t kMostBytes = 64u << 20;
constexpr std::size_t kLongestName = 64;
constexpr std::uint32_t kMostRequests = 1'000'000;
constexpr auto kWritePatience = std::chrono::milliseconds(50);

std::string error_text() { return std::strerror(errno); }

std::int64_t to_milliseconds(base::WallTime at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}
base::WallTime from_milliseconds(std::int64_t at) { return base::WallTime(std::chrono::milliseconds(at)); }

base::SocketAddress read_address(const Json& json) {
  const auto address = base::SocketAddress::parse(json.get<std::string>());
  if (!address) throw std::invalid_argument("an address: " + address.error());
  if (address->is_unix() || address->port() == 0) throw std::invalid_argument("an address of no target");
  return *address;
}

// What is printed and counted by name has no other characters than the configuration allows.
std::string read_name(const Json& json) {
  const auto text = json.get<std::string>();
  const bool good = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!good || text.size() > kLongestName) throw std::invalid_argument("a name");
  return text;
}

std::uint32_t read_number(const Json& json, std::uint32_t most) {
  const auto number = json.get<std::uint64_t>();
  if (!json.is_number_unsigned() || number > most) throw std::invalid_argument("a number out of its range");
  return static_cast<std::uint32_t>(number);
}

State::Registered read_registered(const Json& json) {
  State::Registered registered;
  registered.group = json.at("group");
  model::Target& target = registered.target;
  target.address = read_address(json.at("address"));
  target.zone = read_name(json.at("zone"));
  target.weight = read_number(json.at("weight"), model::kMostWeight);
  if (!json.at("max_requests").is_null()) {
    target.max_requests = read_number(json.at("max_requests"), kMostRequests);
  }
  target.id = read_name(json.at("id"));
  if (target.id.empty()) target.id = target.address.to_string();
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
      state.shifts.push_back({.zone = read_name(one.at("zone")),
                              .reason = one.at("reason"),
                              .since = from_milliseconds(one.at("since")),
                              .until = from_milliseconds(one.at("until"))});
    }
    return state;
  } catch (const std::exception& problem) {
    return std::unexpected(problem.what());
  }
}

namespace {

// The error is an errno.
std::expected<std::string, int> read_text(const std::string& path) {
  const net::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return std::unexpected(errno);
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::unexpected(errno);
    if (got == 0) return text;
    if (text.size() + static_cast<std::size_t>(got) > kMostBytes) return std::unexpected(EFBIG);
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

StateFile::StateFile(const std::string& state_dir)
    : directory_(state_dir), path_(state_dir.empty() ? "" : state_dir + "/state.json") {}

State StateFile::load() {
  if (path_.empty()) return {};
  const auto text = read_text(path_);
  if (!text) {
    const int error = text.error();
    if (error == ENOENT || error == ENOTDIR) return {};
    if (error == EACCES) {
      log::warn("state: cannot read {}: {}", path_, std::strerror(error));
    } else {
      set_aside(error == EFBIG ? "it is too large" : std::strerror(error));
    }
    return {};
  }
  auto state = read_state(*text);
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
  changed_.wait_for(lock, kWritePatience, [this] { return !pending_ && !writing_; });
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
  const net::Fd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.valid()) return std::unexpected(error_text());
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t wrote = ::write(fd.get(), text.data() + done, text.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return std::unexpected(error_text());
    done += static_cast<std::size_t>(wrote);
  }
  if (::fsync(fd.get()) != 0) return std::unexpected(error_text());
  if (std::rename(beside.c_str(), path_.c_str()) != 0) return std::unexpected(error_text());
  const net::Fd directory(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) return std::unexpected(error_text());
  return {};
}

}  // namespace weir::server
