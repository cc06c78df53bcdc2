#include "bench/measure/listener_process.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "lb/base/text.h"

namespace weir::bench {
namespace {

using Inodes = std::unordered_set<std::string>;

constexpr std::string_view kListening = "0A";

std::string read_all(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// An address as the tables write it: words of four bytes in the order of the machine, in hexadecimal.
std::string table_form(const base::SocketAddress& address, bool v6) {
  const auto& bytes = address.ip().bytes;
  std::string text;
  for (std::size_t word = v6 ? 0 : 3; word < 4; ++word) {
    for (std::size_t i = 4; i-- > 0;) fmt::format_to(std::back_inserter(text), "{:02X}", bytes[4 * word + i]);
  }
  return fmt::format("{}:{:04X}", text, address.port());
}

Inodes unix_inodes(const std::string& path) {
  std::istringstream lines(read_all("/proc/net/unix"));
  Inodes inodes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string number, references, protocol, flags, type, state, inode, name;
    fields >> number >> references >> protocol >> flags >> type >> state >> inode >> name;
    if (name == path && flags == "00010000") inodes.insert(inode);  // __SO_ACCEPTCON
  }
  return inodes;
}

Inodes inodes_of(const base::SocketAddress& address) {
  if (address.is_unix()) return unix_inodes(address.path());
  Inodes inodes = listening_inodes(read_all("/proc/net/tcp"), address);
  inodes.merge(listening_inodes(read_all("/proc/net/tcp6"), address));
  return inodes;
}

bool holds(pid_t process, const Inodes& inodes) {
  std::error_code error;
  const std::filesystem::directory_iterator all(fmt::format("/proc/{}/fd", process), error);
  if (error) return false;
  for (const auto& entry : all) {
    const std::string link = std::filesystem::read_symlink(entry.path(), error).string();
    if (link.starts_with("socket:[") && inodes.contains(link.substr(8, link.size() - 9))) return true;
  }
  return false;
}

pid_t parent_of(pid_t process) {
  const std::string text = read_all(fmt::format("/proc/{}/stat", process));
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  char state = 0;
  pid_t parent = 0;
  fields >> state >> parent;
  return parent;
}

}  // namespace

Inodes listening_inodes(const std::string& table, const base::SocketAddress& address) {
  base::SocketAddress any;
  any.set_port(address.port());
  const std::vector<std::string> wanted{table_form(address, true), table_form(address, false),
                                        table_form(any, true), table_form(any, false)};
  std::istringstream lines(table);
  Inodes inodes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    std::string slot, local, remote, state, queues, timer, retransmits, user, timeout, inode;
    fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >> timeout >> inode;
    if (state == kListening && std::ranges::find(wanted, local) != wanted.end()) inodes.insert(inode);
  }
  return inodes;
}

std::optional<pid_t> listener_process(const base::SocketAddress& address) {
  if (!address.is_unix() && !address.is_loopback()) return std::nullopt;
  const Inodes inodes = inodes_of(address);
  if (inodes.empty()) return std::nullopt;
  std::vector<pid_t> holders;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const auto process = base::parse_decimal(entry.path().filename().string());
    if (process && holds(static_cast<pid_t>(*process), inodes))
      holders.push_back(static_cast<pid_t>(*process));
  }
  const auto is_master = [&](pid_t process) {
    return std::ranges::find(holders, parent_of(process)) == holders.end();
  };
  const auto master = std::ranges::find_if(holders, is_master);
  return master == holders.end() ? std::nullopt : std::optional(*master);
}

}  // namespace weir::bench
