#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.h"
#include "config/keys/variables.h"
#include "config/report.h"
#include "config/yaml/node.h"

namespace weir::config {

// A node on the way down from the top of the file: it knows its path ("listeners.web.bind[1]") and
// reports under it. Values live on the stack of the reader; a child must not outlive its parent.
class Value {
 public:
  Value(Report& report, const Environment& environment, const Node& root);

  Value member(const Entry& entry) const;
  Value item(std::size_t index) const;
  // The same node, where one more word is allowed: it becomes part of what messages expect.
  Value or_word(std::string_view word) const;
  std::string expected(std::string_view text) const;  // "off or a duration"
  std::string_view other_word() const { return word_; }
  // The same node under one more step of path, for the short form of something.
  Value as(std::string_view key) const;

  const Node& node() const { return *node_; }
  Node::Kind kind() const { return node_->kind; }
  Report& report() const { return *report_; }
  std::string path() const;
  std::string_view key() const { return key_ == nullptr ? std::string_view() : key_->text; }

  // The value itself if it is a scalar; else its key, which is what the eye looks for.
  Where where() const;
  Where key_where() const;
  // Some bytes of a scalar as text() gives it; all of it if they don't stand in the file as they are.
  Where part(std::size_t begin, std::size_t length) const;
  model::Place place() const;
  model::Place key_place() const;

  // The text of a scalar with ${NAME} replaced; reports anything else.
  std::optional<std::string> text(std::string_view expected) const;
  bool is_word(std::string_view word) const;

  // The entries of a map: `<<` merged, explicit keys first. Reports what is no map, keys that are
  // no text, and repeated ones (of which the first stays).
  std::optional<std::vector<Entry>> entries(std::string_view expected) const;
  // The items of a list, or the scalar alone.
  std::optional<std::vector<Value>> items(std::string_view expected) const;

 private:
  Value(const Value& parent, const Node& node, const Node* key, std::string_view step, std::size_t index);

  struct Own {
    std::vector<Entry> entries;
    std::optional<Entry> merged;  // `<<`
  };
  Own own_entries(const Node& map) const;
  void merge(const Node& map, std::vector<Entry>& into) const;
  void report_kind(std::string_view expected) const;
  void report_variable(const VariableProblem& problem) const;

  Report* report_;
  const Environment* environment_;
  const Value* parent_ = nullptr;
  const Node* node_;
  const Node* key_ = nullptr;
  std::string_view step_;  // of the path: a key ...
  std::size_t index_ = 0;  // ... or, where that is empty, an index
  std::string_view word_;
};

// "a map", "a list", "'text'", "nothing"
std::string kind_of(const Node& node);

}  // namespace weir::config
