#include "lb/net/file_events.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>

namespace weir::net {
namespace {

constexpr std::uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE |
                                  IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

// More writers than these are not kept apart: a directory of logs.
constexpr std::size_t kMostOpen = 64;

// In one turn of the loop; more wait for the next.
constexpr int kReads = 16;

}  // namespace

FileEvents::FileEvents(Loop& loop, std::function<void()> callback)
    : callback_(std::move(callback)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      watcher_(loop, this, [](void* self, int) { static_cast<FileEvents*>(self)->read_events(); }) {}

std::expected<bool, int> FileEvents::watch(const std::vector<std::string>& directories) {
  if (!inotify_.valid()) return std::unexpected(EMFILE);
  if (!begun_) {
    if (const auto watched = watcher_.watch(inotify_.get()); !watched)
      return std::unexpected(watched.error());
    begun_ = true;
    watcher_.set(Watcher::kReadable);
  }
  std::expected<bool, int> result = false;
  std::set<int> wanted;
  for (const std::string& directory : directories) {
    if (const auto watch = add(directory)) {
      wanted.insert(*watch);
      if (result && !watches_.contains(*watch)) result = true;
    } else if (result) {
      result = std::unexpected(watch.error());
    }
  }
  for (const int watch : watches_) {
    if (!wanted.contains(watch)) ::inotify_rm_watch(inotify_.get(), watch);  // fails if it is gone by itself
  }
  watches_ = std::move(wanted);
  std::erase_if(open_, [&](const Name& name) { return !watches_.contains(name.first); });
  return result;
}

// The kernel gives a directory that is watched already the number that it has.
std::expected<int, int> FileEvents::add(std::string directory) {
  while (true) {
    const int watch =
        ::inotify_add_watch(inotify_.get(), directory.empty() ? "." : directory.c_str(), kEvents);
    if (watch >= 0) return watch;
    const bool is_top = directory.empty() || directory == "/";
    if ((errno != ENOENT && errno != ENOTDIR) || is_top) return std::unexpected(errno);
    directory = std::filesystem::path(directory).parent_path().string();
  }
}

void FileEvents::read_events() {
  alignas(inotify_event) std::array<std::byte, 16 << 10> buffer{};
  bool something = false;
  for (int i = 0; i < kReads; ++i) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) {
      watcher_.spent(Watcher::kReadable);
      break;
    }
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      const auto& event = *reinterpret_cast<const inotify_event*>(&buffer[at]);
      something |= take(event);
      at += sizeof event + event.len;
    }
  }
  if (!something) return;
  const std::function<void()> callback = callback_;
  callback();
}

// Whether it is worth a look.
bool FileEvents::take(const inotify_event& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) {
    open_.clear();  // that they were closed may have been left out
    return true;
  }
  if ((event.mask & IN_IGNORED) != 0)
    return false;  // the last of a watch: of our doing, or after IN_DELETE_SELF
  if (event.len > 0) {
    Name name(event.wd, static_cast<const char*>(event.name));
    if ((event.mask & (IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)) != 0) {
      open_.erase(name);
    } else if ((event.mask & IN_MODIFY) != 0 && open_.size() < kMostOpen) {
      open_.insert(std::move(name));
    }
  }
  return true;
}

}  // namespace weir::net
