#include "config/yaml/parse.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/node/node.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>

#include "config/yaml/characters.h"
#include "config/yaml/outline.h"
#include "config/yaml/syntax.h"

namespace weir::config {
namespace {

struct GiveUp {};  // thrown through yaml-cpp when a limit is met; already reported

// Builds the tree from yaml-cpp's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  TreeBuilder(const Source& source, NodeStore& store, Report& report)
      : source_(source), store_(store), report_(report) {}

  const Node* root() const { return root_; }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(make(Node::Kind::null, mark, {}), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const bool quoted = tag == "!";
    Node& node = make(Node::Kind::scalar, mark, quoted ? "" : tag);
    node.text = value;
    node.quoted = quoted;
    measure(node);
    finish(node, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const Where where = here(mark);
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) {
      report_.add<Message::alias_recursive>(where);
      throw GiveUp{};
    }
    expanded_ += found->second->size;
    if (expanded_ > kMostExpandedNodes) {
      report_.add<Message::alias_expansion>(where, kMostExpandedNodes);
      throw GiveUp{};
    }
    check_depth(where, found->second->height);
    attach(*found->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::list, mark, tag, anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::map, mark, tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    Node* node;
    YAML::anchor_t anchor;
    const Node* key;  // of a map: waiting for its value
  };

  std::size_t offset_of(const YAML::Mark& mark) const {
    return std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), source_.text().size());
  }

  Where here(const YAML::Mark& mark) const {
    const std::size_t offset = offset_of(mark);
    return where_at(source_, offset, word_length(source_, offset));
  }

  Node& make(Node::Kind kind, const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?") {
      constexpr std::string_view kStandard = "tag:yaml.org,2002:";
      const bool standard = tag.starts_with(kStandard);
      report_.add_with_hint<Message::tag>(here(mark), "remove it",
                                          standard ? "!!" + tag.substr(kStandard.size()) : shown(tag));
    }
    Node& node = store_.emplace_back();
    node.kind = kind;
    node.source = &source_;
    node.offset = skip_properties(source_, offset_of(mark));
    node.length = 1;
    return node;
  }

  // Finds out how the scalar stands in the file.
  void measure(Node& node) {
    const std::string_view rest = source_.text().substr(node.offset);
    if (!node.quoted) {
      if (!rest.starts_with(node.text)) return;
      node.length = std::max<std::size_t>(node.text.size(), 1);
      node.content = node.offset;
    } else if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) {
      if (end_of_quoted(source_.text(), node.offset) == std::string_view::npos) {
        report_.add<Message::syntax_quote>(where_at(source_, node.offset, 1));
        throw GiveUp{};
      }
      node.length = word_length(source_, node.offset);
      const bool literal = rest.substr(1).starts_with(node.text) && node.length == node.text.size() + 2;
      if (literal) node.content = node.offset + 1;
    }
  }

  void check_depth(const Where& where, std::uint32_t more) {
    if (levels_.size() + more <= kDeepestNesting) return;
    report_.add<Message::too_deep>(where, kDeepestNesting);
    throw GiveUp{};
  }

  void open(Node::Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    check_depth(here(mark), 1);
    levels_.push_back({.node = &make(kind, mark, tag), .anchor = anchor, .key = nullptr});
  }

  void close() {
    const Level level = levels_.back();
    levels_.pop_back();
    finish(*level.node, level.anchor);
  }

  void finish(Node& node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = &node;
    attach(node);
  }

  void attach(const Node& node) {
    if (levels_.empty()) {
      root_ = &node;
      return;
    }
    Level& level = levels_.back();
    level.node->size += node.size;
    level.node->height = std::max(level.node->height, node.height + 1);
    if (level.node->kind == Node::Kind::list) {
      level.node->items.push_back(&node);
    } else if (level.key == nullptr) {
      level.key = &node;
    } else {
      level.node->entries.push_back({.key = level.key, .value = &node});
      level.key = nullptr;
    }
  }

  const Source& source_;
  NodeStore& store_;
  Report& report_;
  const Node* root_ = nullptr;
  std::vector<Level> levels_;
  std::map<YAML::anchor_t, const Node*> anchors_;  // complete ones only
  std::uint64_t expanded_ = 0;
};

// Notes where a second document begins and ignores what is in it.
class SecondDocument final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    offset = static_cast<std::size_t>(std::max(mark.pos, 0));
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}

  std::size_t offset = 0;
};

// False when a second document follows, which is reported.
bool ends_here(YAML::Parser& parser, const Source& source, Report& report) {
  SecondDocument second;
  if (!parser.HandleNextDocument(second)) return true;
  const std::size_t offset = std::min(second.offset, source.text().size());
  const Where where = where_at(source, offset, word_length(source, offset));
  const std::string_view before = source.text().substr(0, offset);
  const bool marked = source.text().substr(offset).starts_with("---") || before.find("\n...") != before.npos;
  if (marked) {
    report.add<Message::several_documents>(where);
  } else {
    report.add_with_hint<Message::syntax_indentation>(where, "keys of one map begin in the same column");
  }
  return false;
}

}  // namespace

const Node* parse(const Source& source, NodeStore& store, Report& report) {
  if (!check_characters(source, report) || !check_directives(source, report)) return nullptr;
  TreeBuilder builder(source, store, report);
  try {
    std::istringstream stream{std::string(source.text())};
    YAML::Parser parser(stream);
    const bool any = parser.HandleNextDocument(builder);
    if (any && !ends_here(parser, source, report)) return nullptr;
  } catch (const GiveUp&) {
    return nullptr;
  } catch (const YAML::Exception& failure) {
    report_syntax(source, failure.mark.is_null() ? 0 : static_cast<std::size_t>(failure.mark.pos),
                  failure.msg, report);
    return nullptr;
  } catch (const std::exception& failure) {
    report_syntax(source, 0, failure.what(), report);
    return nullptr;
  }
  if (builder.root() == nullptr || builder.root()->kind == Node::Kind::null) {
    report.add<Message::empty_file>(whole_file(source.name()));
    return nullptr;
  }
  return builder.root();
}

}  // namespace weir::config
