#include "lb/routing/path.h"

#include <array>
#include <cstdint>

#include "lb/routing/percent.h"

namespace weir::routing {
namespace {

constexpr std::array<bool, 256> kStops = [] {
  std::array<bool, 256> stops{};
  for (const char c : {'%', '\\', '/', '?'}) stops[static_cast<unsigned char>(c)] = true;
  return stops;
}();

// The path in `target`, if nothing has to be done to it; else empty. Segments that begin with a dot are
// looked at more closely elsewhere.
std::string_view normal_part(std::string_view target) {
  if (!target.starts_with('/')) return {};
  char before = 'x';
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (before == '/' && (c == '/' || c == '.')) return {};
    before = c;
    if (!kStops[static_cast<unsigned char>(c)] || c == '/') continue;
    return c == '?' ? target.substr(0, i) : std::string_view();
  }
  return target;
}

// 1 for `.`, 2 for `..`, with or without parameters; else 0.
std::size_t dots(std::string_view segment) {
  const std::size_t count = segment.starts_with("..") ? 2 : segment.starts_with('.') ? 1 : 0;
  return count == segment.size() || segment[count] == ';' ? count : 0;
}

// Takes what stands behind the last slash away if it is a dot segment, and with `..` the segment before it.
bool remove_dot_segment(std::string& path, std::size_t start) {
  const std::size_t count = dots(std::string_view(path).substr(start));
  if (count == 0) return false;
  path.resize(start);
  if (count == 2 && start > 1) path.resize(path.rfind('/', start - 2) + 1);
  return true;
}

// What is in a path, once it is decoded.
struct Oddities {
  bool dot_segment = false;
  bool unclear_end = false;  // of a segment
};

Oddities oddities(std::string_view target) {
  Oddities found;
  std::string segment;
  const auto end_segment = [&] {
    const std::size_t count = dots(segment);
    found.dot_segment = found.dot_segment || count != 0;
    found.unclear_end = found.unclear_end || (count != 0 && count != segment.size());
    segment.clear();
  };
  const std::string_view path = target.substr(0, target.find('?'));
  for (std::size_t i = path.starts_with('/') ? 1 : 0; i < path.size(); ++i) {
    char c = path[i];
    const auto byte = percent_at(path, i);
    if (byte) {
      c = *byte;
      i += 2;
    }
    if (c != '/' && c != '\\') {
      segment += c;
      continue;
    }
    found.unclear_end = found.unclear_end || byte || c == '\\' || segment.empty();
    end_segment();
  }
  end_segment();
  return found;
}

}  // namespace

bool is_ambiguous_path(std::string_view target) {
  const Oddities found = oddities(target);
  return found.dot_segment && found.unclear_end;
}

bool has_dot_segment(std::string_view target) { return oddities(target).dot_segment; }

std::string_view normalised_path(std::string_view target, std::string& storage) {
  if (target == "*") return target;
  if (const std::string_view part = normal_part(target); !part.empty()) return part;
  target = target.substr(0, target.find('?'));
  storage.assign(1, '/');
  std::size_t start = 1;  // of the last segment
  for (std::size_t i = 0; i < target.size(); ++i) {
    char c = target[i];
    if (const auto byte = percent_at(target, i)) {
      c = *byte;
      i += 2;
    }
    if (c != '/' && c != '\\') {
      storage += c;
      continue;
    }
    if (!remove_dot_segment(storage, start) && storage.size() > start) storage += '/';
    start = storage.size();
  }
  remove_dot_segment(storage, start);
  return storage;
}

}  // namespace weir::routing
