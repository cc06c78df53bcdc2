#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lb/model/pattern.h"
#include "lb/routing/path.h"

// libFuzzer: the first byte says how long the pattern is; the rest is the target. A path that is normal stays
// as it is but for its percent signs, and a pattern's literals are what its texts begin and end with.
namespace {

using weir::model::Pattern;

void check(bool holds, std::string_view what, std::string_view pattern, std::string_view text) {
  if (holds) return;
  fmt::print(stderr, "{}: pattern '{}', text '{}'\n", what, pattern, text);
  std::abort();
}

bool has_dot_segment(std::string_view path) {
  for (const std::string_view segment : {"/.", "/.."}) {
    for (const std::string_view end : {"/", ";"}) {
      if (path.contains(std::string(segment) + std::string(end))) return true;
    }
    if (path.ends_with(segment)) return true;
  }
  return false;
}

std::string check_path(std::string_view target) {
  std::string storage;
  const std::string path(weir::routing::normalised_path(target, storage));
  check(path == "*" || path.starts_with('/'), "the path does not begin with a slash", path, target);
  check(!path.contains("//") && !path.contains('\\'), "the path has slashes left", path, target);
  check(!has_dot_segment(path), "the path has dot segments left", path, target);
  std::string encoded;
  for (const char c : path) {
    if (c == '%' || c == '?') {
      fmt::format_to(std::back_inserter(encoded), "%{:02x}", static_cast<unsigned char>(c));
    } else {
      encoded += c;
    }
  }
  const std::string_view again = weir::routing::normalised_path(encoded, storage);
  check(again == path, "the path changes once more", path, target);
  return path;
}

void check_pattern(std::string_view text, std::string_view path, Pattern::Case letters) {
  const auto pattern = Pattern::parse(text, letters);
  if (!pattern) return;
  const bool matches = pattern->matches(path);
  if (letters == Pattern::Case::sensitive) {
    if (const auto exact = pattern->exact()) check(matches == (path == *exact), "exact", text, path);
    if (const auto prefix = pattern->prefix())
      check(matches == path.starts_with(*prefix), "prefix", text, path);
    if (const auto suffix = pattern->suffix())
      check(matches == path.ends_with(*suffix), "suffix", text, path);
    const bool fits =
        path.starts_with(pattern->literal_prefix()) && path.ends_with(pattern->literal_suffix());
    check(!matches || fits, "literals", text, path);
  }
  check(pattern->covers(*pattern), "covers itself", text, path);
  const auto itself = Pattern::parse("=" + std::string(path));
  check(!pattern->covers(*itself) || matches, "covers what it does not match", text, path);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t cut = std::min<std::size_t>(data[0] / 2 % 64, bytes.size());
  const auto letters = data[0] % 2 == 0 ? Pattern::Case::sensitive : Pattern::Case::insensitive;
  const std::string path = check_path(bytes.substr(cut));
  check_pattern(bytes.substr(0, cut), path, letters);
  return 0;
}
