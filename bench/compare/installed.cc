#include "bench/compare/installed.h"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "bench/compare/child.h"

namespace weir::bench::compare {

std::optional<std::filesystem::path> find_program(std::string_view name) {
  const char* const path = std::getenv("PATH");
  std::string places = path == nullptr ? "" : path;
  places += ":/usr/local/sbin:/usr/sbin:/sbin";
  while (!places.empty()) {
    const std::size_t colon = places.find(':');
    auto candidate = std::filesystem::path(places.substr(0, colon)) / name;
    if (!candidate.parent_path().empty() && ::access(candidate.c_str(), X_OK) == 0) return candidate;
    places.erase(0, colon == std::string::npos ? colon : colon + 1);
  }
  return std::nullopt;
}

std::optional<std::filesystem::path> find_weir() {
  auto beside = self().parent_path() / "weir";
  if (::access(beside.c_str(), X_OK) == 0) return beside;
  return find_program("weir");
}

std::filesystem::path self() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/proc/self/exe" : path;
}

std::filesystem::path peers_directory() {
  const std::filesystem::path here = self().parent_path();
  const auto sources = (here / "../../bench/peers").lexically_normal();
  return std::filesystem::exists(sources) ? sources : here.parent_path() / "share/weir/peers";
}

std::string version_of(const Peer& peer, const std::filesystem::path& program, Scratch& scratch) {
  ChildOptions options{.arguments = {program.string()}, .output = scratch.next("version")};
  for (const std::string_view argument : peer.version) options.arguments.emplace_back(argument);
  const auto child = Child::start(options);
  if (!child) return {};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (!(*child)->finished() && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return version_in((*child)->output());
}

}  // namespace weir::bench::compare
