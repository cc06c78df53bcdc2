#pragma once

#include <sys/types.h>

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "config/load.h"
#include "config/report.h"
#include "config/yaml/node.h"

namespace weir::config {

// The files of one load, and the one tree that they form together.
class Files {
 public:
  Files(const LoadOptions& options, Report& report) : options_(options), report_(report) {}
  ~Files() = default;
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;

  // Reads the main file from the disk, or takes its text; then what it includes. Afterwards some
  // file may have been unreadable, which is reported: then complete() is false.
  void read(const std::string& path);
  void take(std::string text, const std::string& file_name);

  bool complete() const { return complete_; }
  // A map of all sections of all files; null without any.
  const Node* root() const { return root_; }
  // Of the files that were read, and behind them those that could not be.
  std::vector<std::string> names() const;
  const std::vector<std::string>& patterns() const { return patterns_; }
  std::shared_ptr<const std::deque<Source>> sources() const { return sources_; }
  const Source* find(const std::string& name) const;
  // The word that stands there, for a message about what `path` names.
  Where where(const model::Place& place, std::string path) const;

 private:
  const Node* add(std::string text, const std::string& name, const Where& where);
  const Node* check_sections(const Node* root);
  void include(const Node& main);
  void include_matches(const std::string& pattern, const Where& where, const std::string& main_name);
  void include_file(const std::string& name, const Where& where);
  bool is_new(const std::string& name);
  void join(const Node& file);  // join.cc

  const LoadOptions& options_;
  Report& report_;
  const std::shared_ptr<std::deque<Source>> sources_ = std::make_shared<std::deque<Source>>();
  NodeStore nodes_;
  Node* root_ = nullptr;
  std::vector<std::string> patterns_;
  std::vector<std::string> unreadable_;
  std::set<std::pair<dev_t, ino_t>> seen_;  // the files that were read
  std::size_t bytes_ = 0;
  bool complete_ = true;
};

}  // namespace weir::config
