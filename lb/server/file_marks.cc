#include "lb/server/file_marks.h"

#include <glob.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace weir::server {
namespace {

// Of folders and symbolic links in the way of one file.
constexpr int kMostSteps = 256;

std::int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

std::pair<std::string, std::string> split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

std::string join(const std::string& folder, const std::string& name) {
  return folder.empty() || folder.ends_with('/') ? folder + name : folder + "/" + name;
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::vector<std::string> matches(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> names;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) names.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  std::ranges::sort(names);
  return names;
}

// Follows paths link by link, and notes where it has been. Folders are followed once.
class Walk {
 public:
  // An included file is named twice: by itself and as a match.
  const config::FileMark& mark(const std::string& path) {
    const auto known = marks_.find(path);
    return known != marks_.end() ? known->second : marks_.emplace(path, fresh_mark(path)).first->second;
  }

  // Where new matches may turn up: the folder of the names, and, if that is a pattern too or is not there,
  // those above.
  void note_folders_of(const std::string& pattern) {
    const std::string folder = split(pattern).first;
    if (folder.empty() || folder == "/") {
      directories_.insert(folder);
      return;
    }
    const std::vector<std::string> folders = matches(folder);
    for (const std::string& each : folders) directories_.insert(folder_at(each, 1).path);
    if (folders.empty() || has_wildcard(folder)) note_folders_of(folder);
  }

  std::vector<std::string> directories() const { return {directories_.begin(), directories_.end()}; }

 private:
  config::FileMark fresh_mark(const std::string& path) {
    const Place place = follow(path, 0);
    directories_.insert(split(place.path).first);
    config::FileMark mark{.path = path, .error = place.error};
    if (place.error != 0) return mark;
    mark.device = place.status.st_dev;
    mark.inode = place.status.st_ino;
    if (S_ISREG(place.status.st_mode)) {
      mark.size = static_cast<std::uint64_t>(place.status.st_size);
      mark.modified = nanoseconds(place.status.st_mtim);
      mark.changed = std::max(place.links_changed, nanoseconds(place.status.st_ctim));
    } else {
      mark.kind = config::FileMark::Kind::other;
    }
    return mark;
  }

  struct Place {
    std::string path;  // without symbolic links
    int error = 0;
    std::int64_t links_changed = 0;
    struct stat status{};
  };

  Place folder_at(const std::string& path, int steps) {
    if (path.empty() || path == "/") return {.path = path};
    if (const auto known = folders_.find(path); known != folders_.end()) return known->second;
    Place place = follow(path, steps);
    folders_.emplace(path, place);
    return place;
  }

  Place follow(const std::string& path, int steps) {
    if (steps > kMostSteps || path.size() >= PATH_MAX) return {.path = path, .error = ELOOP};
    const auto [folder, name] = split(path);
    Place place = folder_at(folder, steps + 1);
    if (place.error != 0) return {.path = join(place.path, name), .error = place.error};
    const std::string inside = place.path;
    place.path = join(inside, name);
    if (::lstat(place.path.c_str(), &place.status) != 0) {
      place.error = errno;
    } else if (S_ISLNK(place.status.st_mode)) {
      return follow_link(place, inside, steps);
    }
    return place;
  }

  Place follow_link(const Place& link, const std::string& inside, int steps) {
    directories_.insert(inside);
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(link.path.c_str(), target.data(), target.size());
    if (size < 0) return {.path = link.path, .error = errno};
    const std::string_view text(target.data(), static_cast<std::size_t>(size));
    const std::string next = text.starts_with('/') ? std::string(text) : join(inside, std::string(text));
    Place place = follow(next, steps + 1);
    place.links_changed =
        std::max({place.links_changed, link.links_changed, nanoseconds(link.status.st_ctim)});
    return place;
  }

  std::unordered_map<std::string, config::FileMark> marks_;
  std::unordered_map<std::string, Place> folders_;
  std::set<std::string> directories_;
};

}  // namespace

Look look_at(const config::Watched& watched) {
  Look look;
  Walk walk;
  for (const std::string& file : watched.files) look.marks.push_back({file, {walk.mark(file)}});
  for (const std::string& pattern : watched.patterns) {
    config::Mark mark{.name = pattern, .files = {}};
    for (const std::string& file : matches(pattern)) mark.files.push_back(walk.mark(file));
    walk.note_folders_of(pattern);
    look.marks.push_back(std::move(mark));
  }
  look.directories = walk.directories();
  return look;
}

}  // namespace weir::server
