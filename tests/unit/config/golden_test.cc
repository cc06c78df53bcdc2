#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "config/load.h"
#include "config/messages.h"
#include "lb/base/text.h"

// Every tests/golden/NAME.yaml is loaded and compared with what NAME.expected says about it. After a
// wanted change: WEIR_UPDATE_GOLDEN=1 build/.../unit_config, then read the difference.
namespace weir::config {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "tests/golden";

std::string read(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<fs::path> golden_files() {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

// A first line of "# golden: max_bytes=300" or "# golden: alone" sets that option.
LoadOptions options_of(const fs::path& path) {
  LoadOptions options{.environment = {{"EMPTY", ""}, {"HOST", "10.0.0.9"}, {"PORT", "9001"}}};
  constexpr std::string_view kOption = "# golden: max_bytes=";
  const std::string text = read(path);
  options.other_files = !text.starts_with("# golden: alone\n");
  if (text.starts_with(kOption)) {
    const std::string_view number =
        std::string_view(text).substr(kOption.size(), text.find('\n') - kOption.size());
    options.max_bytes = base::parse_decimal(number).value();
  }
  return options;
}

Diagnostics diagnose(const fs::path& path) {
  const auto loaded = load(path.string(), options_of(path));
  return loaded ? loaded->warnings : loaded.error();
}

std::string without_folder(std::string text) {
  const std::string folder = kFolder.string() + "/";
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.erase(at, folder.size());
  return text;
}

std::string outcome(const fs::path& path) {
  const Diagnostics found = diagnose(path);
  return without_folder(to_text(found)) + (has_errors(found) ? "" : "valid\n");
}

}  // namespace

TEST_CASE("each golden file yields exactly the diagnostics beside it") {
  const bool update = std::getenv("WEIR_UPDATE_GOLDEN") != nullptr;
  for (const fs::path& path : golden_files()) {
    CAPTURE(path.string());
    const fs::path expected = fs::path(path).replace_extension(".expected");
    if (update) std::ofstream(expected, std::ios::binary) << outcome(path);
    CHECK(outcome(path) == read(expected));
  }
}

TEST_CASE("every message that the reader can give has a golden file of its name that shows it") {
  for (const MessageForm& form : kMessageForms) {
    std::string id(form.name);
    std::ranges::replace(id, '_', '-');
    CAPTURE(id);
    const fs::path path = kFolder / (id + ".yaml");
    REQUIRE(fs::exists(path));
    const Diagnostics found = diagnose(path);
    CHECK(std::ranges::any_of(
        found, [&](const Diagnostic& each) { return each.id == id && each.severity == form.severity; }));
  }
}

TEST_CASE("no golden file is left behind without its YAML") {
  for (const auto& entry : fs::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".expected") continue;
    CAPTURE(entry.path().string());
    CHECK(fs::exists(fs::path(entry.path()).replace_extension(".yaml")));
  }
}

TEST_CASE("no diagnostic lets a control character through to the terminal") {
  for (const fs::path& path : golden_files()) {
    CAPTURE(path.string());
    const std::string text = outcome(path);
    CHECK(std::ranges::none_of(text, [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
    }));
  }
}

}  // namespace weir::config
