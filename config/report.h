#pragma once

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/diagnostics.h"
#include "config/messages.h"
#include "config/yaml/node.h"
#include "config/yaml/source.h"

namespace weir::config {

// What a message points at.
struct Where {
  const Source* source = nullptr;  // null: the file as a whole, named by `file`
  std::string file;
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string path;
};

Where where_of(const Node& node, std::string path = {});
Where where_at(const Source& source, std::size_t offset, std::size_t length);
Where whole_file(std::string name, std::string path = {});

// The line of a place in a source, and the bytes in it that are meant. Of a very long line only the part
// around them is kept.
struct Quote {
  std::string line;
  std::size_t begin = 0;
  std::size_t length = 0;
};
Quote quote(const Where& where);

// Collects what one load has to say. One per load; not shared between threads.
class Report {
 public:
  explicit Report(bool other_files = true) : other_files_(other_files) {}

  // Whether the load that this is about may read more than its document (LoadOptions).
  bool other_files() const { return other_files_; }

  template <Message Which, class... Arguments>
  void add(const Where& where, const Arguments&... arguments) {
    add_with_hint<Which>(where, {}, arguments...);
  }

  template <Message Which, class... Arguments>
  void add_with_hint(const Where& where, std::string hint, const Arguments&... arguments) {
    const fmt::format_string<const Arguments&...> text(form_of(Which).text);
    add_text(Which, where, fmt::format(text, arguments...), std::move(hint));
  }

  bool has_errors() const { return errors_ != 0; }
  // The files, other than YAML, whose content is a part of the configuration.
  void note_file(std::string path) { files_.push_back(std::move(path)); }
  const std::vector<std::string>& files() const { return files_; }

  // Sorted, the most helpful first.
  Diagnostics take();

 private:
  void add_text(Message message, const Where& where, std::string text, std::string hint);

  struct Found {
    std::size_t order = 0;  // of the file
    std::size_t offset = 0;
    std::size_t turn = 0;  // of being found
    Diagnostic diagnostic;
  };
  std::vector<Found> found_;
  std::set<std::tuple<const Source*, std::size_t, std::string>> seen_;
  std::size_t errors_ = 0;
  std::vector<std::string> files_;
  bool other_files_;
};

// For use inside a message: cut if it is long.
std::string shown(std::string_view text);

}  // namespace weir::config
