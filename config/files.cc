#include "config/files.h"

#include <glob.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "config/keys/scalars.h"
#include "config/keys/units.h"
#include "config/read_file.h"
#include "config/yaml/parse.h"

namespace weir::config {
namespace {

namespace fs = std::filesystem;

// glob(3) takes these for patterns; in the folder of the main file they are not.
std::string without_pattern(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) result += '\\';
    result += c;
  }
  return result;
}

bool has_pattern(const std::string& text) { return text.find_first_of("*?[") != std::string::npos; }

// The regular names that match, sorted by bytes whatever the locale.
std::vector<std::string> match(const std::string& pattern) {
  glob_t found{};
  std::vector<std::string> names;
  if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) names.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  std::ranges::sort(names);
  return names;
}

void report_failure(Report& report, const Where& where, const std::string& name, const ReadFailure& failure,
                    std::size_t most) {
  switch (failure.error) {
    case ReadError::system:
      report.add<Message::cannot_read>(where, name, std::strerror(failure.system_error));
      break;
    case ReadError::not_regular: report.add<Message::not_a_file>(where, name); break;
    case ReadError::too_large: report.add<Message::too_large>(where, name, format_size(most)); break;
  }
}

}  // namespace

void Files::read(const std::string& path) {
  auto text = read_file(path, options_.max_bytes, options_.may_be_pipe ? Accept::any : Accept::regular);
  is_new(path);
  if (text) return take(*std::move(text), path);
  report_failure(report_, whole_file(path), path, text.error(), options_.max_bytes);
  unreadable_.push_back(path);
  complete_ = false;
}

void Files::take(std::string text, const std::string& file_name) {
  const Node* main = add(std::move(text), file_name, whole_file(file_name));
  if (main == nullptr) return;
  join(*main);
  include(*main);
}

std::vector<std::string> Files::names() const {
  std::vector<std::string> names;
  names.reserve(sources_->size() + unreadable_.size());
  for (const Source& source : *sources_) names.push_back(source.name());
  names.insert(names.end(), unreadable_.begin(), unreadable_.end());
  return names;
}

const Source* Files::find(const std::string& name) const {
  const auto found = std::ranges::find(*sources_, name, &Source::name);
  return found == sources_->end() ? nullptr : &*found;
}

Where Files::where(const model::Place& place, std::string path) const {
  const Source* source = find(place.file);
  if (source == nullptr) return whole_file(place.file, std::move(path));
  const std::size_t offset = source->offset(place);
  Where where = where_at(*source, offset, word_length(*source, offset));
  where.path = std::move(path);
  return where;
}

// The map of a file's sections; null after reporting why there is none.
const Node* Files::add(std::string text, const std::string& name, const Where& where) {
  bytes_ += text.size();
  const Node* root = nullptr;
  if (bytes_ > options_.max_bytes) {
    report_failure(report_, where, name, {.error = ReadError::too_large}, options_.max_bytes);
    unreadable_.push_back(name);
  } else {
    const Source& source = sources_->emplace_back(name, std::move(text), sources_->size());
    root = check_sections(parse(source, nodes_, report_));
  }
  if (root == nullptr) complete_ = false;
  return root;
}

const Node* Files::check_sections(const Node* root) {
  if (root == nullptr || root->kind == Node::Kind::map) return root;
  report_.add<Message::not_sections>(where_of(*root), kind_of(*root));
  return nullptr;
}

void Files::include(const Node& main) {
  for (const Entry& entry : main.entries) {
    if (entry.key->text != "include") continue;
    if (!report_.other_files()) return report_.add<Message::include_alone>(where_of(*entry.key));
    const Value top(report_, options_.environment, main);
    const Value value = top.member(entry);
    const auto items = value.items("a pattern of file names or a list of them");
    if (!items) return;
    for (const Value& item : *items) {
      if (const auto pattern = item.text("a pattern of file names")) {
        include_matches(*pattern, item.where(), main.source->name());
      }
    }
    return;  // a second `include` is reported as a repeated key
  }
}

void Files::include_matches(const std::string& pattern, const Where& where, const std::string& main_name) {
  const std::string folder = fs::path(main_name).parent_path().string();
  const bool absolute = pattern.starts_with('/') || folder.empty();
  if (!has_pattern(pattern)) {
    const std::string name = absolute ? pattern : (fs::path(folder) / pattern).string();
    patterns_.push_back(name);
    return include_file(name, where);
  }
  const std::string full = absolute ? pattern : without_pattern(folder) + "/" + pattern;
  patterns_.push_back(full);
  for (const std::string& name : match(full)) {
    if (bytes_ <= options_.max_bytes) include_file(name, where);
  }
}

// What cannot be looked at is new, and cannot be read.
bool Files::is_new(const std::string& name) {
  struct stat status{};
  return ::stat(name.c_str(), &status) != 0 || seen_.emplace(status.st_dev, status.st_ino).second;
}

// Twice the same file, or the main file itself, is no mistake: patterns may overlap.
void Files::include_file(const std::string& name, const Where& where) {
  if (!is_new(name)) return;
  auto text = read_file(name, options_.max_bytes, Accept::regular);
  if (!text) {
    report_failure(report_, where, name, text.error(), options_.max_bytes);
    unreadable_.push_back(name);
    complete_ = false;
    return;
  }
  const Node* root = add(*std::move(text), name, where);
  if (root == nullptr) return;
  for (const Entry& entry : root->entries) {
    if (entry.key->text == "include") report_.add<Message::include_nested>(where_of(*entry.key));
  }
  join(*root);
}

}  // namespace weir::config
