#include "config/keys/value.h"

#include <unordered_map>
#include <unordered_set>

#include "config/keys/variables.h"

namespace weir::config {
namespace {

bool is_merge_key(const Node& key) {
  return key.kind == Node::Kind::scalar && !key.quoted && key.text == "<<";
}

}  // namespace

std::string kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null: return "nothing";
    case Node::Kind::scalar: return "'" + shown(node.text) + "'";
    case Node::Kind::list: return "a list";
    case Node::Kind::map: return "a map";
  }
  return {};
}

Value::Value(Report& report, const Environment& environment, const Node& root)
    : report_(&report), environment_(&environment), node_(&root) {}

Value::Value(const Value& parent, const Node& node, const Node* key, std::string_view step, std::size_t index)
    : report_(parent.report_),
      environment_(parent.environment_),
      parent_(&parent),
      node_(&node),
      key_(key),
      step_(step),
      index_(index) {}

Value Value::member(const Entry& entry) const { return {*this, *entry.value, entry.key, entry.key->text, 0}; }
Value Value::item(std::size_t index) const { return {*this, *node_->items[index], nullptr, {}, index}; }
Value Value::as(std::string_view key) const { return {*this, *node_, key_, key, 0}; }

Value Value::or_word(std::string_view word) const {
  Value value = *this;
  value.word_ = word;
  return value;
}

std::string Value::expected(std::string_view text) const {
  return word_.empty() ? std::string(text) : fmt::format("{} or {}", word_, text);
}

std::string Value::path() const {
  if (parent_ == nullptr) return {};
  std::string path = parent_->path();
  if (step_.empty() && key_ == nullptr) return fmt::format("{}[{}]", path, index_);
  if (!path.empty()) path += '.';
  return path += shown(step_);
}

Where Value::key_where() const {
  if (key_ != nullptr) return where_of(*key_, path());
  const bool braces = node_->source->text().substr(node_->offset).starts_with('{');
  if (kind() == Node::Kind::map && !braces && !node_->entries.empty()) {
    return where_of(*node_->entries.front().key, path());
  }
  return where_of(*node_, path());
}

Where Value::where() const { return kind() == Node::Kind::scalar ? where_of(*node_, path()) : key_where(); }

Where Value::part(std::size_t begin, std::size_t length) const {
  Where where = where_of(*node_, path());
  if (node_->content == 0 || node_->text.find("${") != std::string::npos) return where;
  where.offset = node_->content + begin;
  where.length = length;
  return where;
}

model::Place Value::place() const {
  const Where at = where();
  return at.source->place(at.offset);
}

model::Place Value::key_place() const {
  const Where at = key_where();
  return at.source->place(at.offset);
}

void Value::report_kind(std::string_view expected) const {
  if (kind() == Node::Kind::null) {
    report_->add_with_hint<Message::no_value>(
        key_where(), key_ == nullptr ? "" : "give it one, or leave the key out", this->expected(expected));
  } else {
    report_->add<Message::wrong_kind>(where(), this->expected(expected), kind_of(*node_));
  }
}

bool Value::is_word(std::string_view word) const {
  return kind() == Node::Kind::scalar && expand_variables(node_->text, *environment_) == std::string(word);
}

std::optional<std::string> Value::text(std::string_view expected) const {
  if (kind() != Node::Kind::scalar) {
    report_kind(expected);
    return std::nullopt;
  }
  auto expanded = expand_variables(node_->text, *environment_);
  if (!expanded) {
    report_variable(expanded.error());
    return std::nullopt;
  }
  return *std::move(expanded);
}

void Value::report_variable(const VariableProblem& problem) const {
  constexpr const char* kLiteral = "write $${ for a literal ${";
  Where where = where_of(*node_, path());
  if (node_->content != 0) {
    where.offset = node_->content + problem.begin;
    where.length = problem.length;
  }
  const std::string name = shown(problem.name);
  switch (problem.kind) {
    case VariableProblem::Kind::unset:
      report_->add_with_hint<Message::variable_unset>(
          where, fmt::format("${{{}:-...}} gives it a default", name), name);
      break;
    case VariableProblem::Kind::not_a_name:
      report_->add_with_hint<Message::variable_name>(where, kLiteral, name);
      break;
    case VariableProblem::Kind::unclosed:
      report_->add_with_hint<Message::variable_unclosed>(where, kLiteral);
      break;
  }
}

std::optional<std::vector<Value>> Value::items(std::string_view expected) const {
  std::vector<Value> items;
  if (kind() == Node::Kind::scalar) {
    items.push_back(*this);
  } else if (kind() == Node::Kind::list) {
    for (std::size_t i = 0; i < node_->items.size(); ++i) items.push_back(item(i));
  } else {
    report_kind(expected);
    return std::nullopt;
  }
  return items;
}

std::optional<std::vector<Entry>> Value::entries(std::string_view expected) const {
  if (kind() != Node::Kind::map) {
    report_kind(expected);
    return std::nullopt;
  }
  std::vector<Entry> entries;
  merge(*node_, entries);
  return entries;
}

// The entries that the map itself writes: repeated keys reported, `<<` apart.
Value::Own Value::own_entries(const Node& map) const {
  Own own;
  std::unordered_map<std::string_view, const Node*> keys;
  for (const Entry& entry : map.entries) {
    if (entry.key->kind != Node::Kind::scalar) {
      report_->add<Message::key_not_text>(where_of(*entry.key, path()), kind_of(*entry.key));
      continue;
    }
    const auto [earlier, fresh] = keys.emplace(entry.key->text, entry.key);
    if (!fresh) {
      const Where first = where_of(*earlier->second);
      report_->add<Message::duplicate_key>(where_of(*entry.key, path()), shown(entry.key->text),
                                           first.source->place(first.offset).to_string());
    } else if (is_merge_key(*entry.key)) {
      own.merged = entry;
    } else {
      own.entries.push_back(entry);
    }
  }
  return own;
}

// Explicit keys win, then what is merged first (as the description of YAML's merge key says).
void Value::merge(const Node& map, std::vector<Entry>& into) const {
  const Own own = own_entries(map);
  std::unordered_set<std::string_view> taken;
  for (const Entry& entry : into) taken.insert(entry.key->text);
  for (const Entry& entry : own.entries) {
    if (!taken.contains(entry.key->text)) into.push_back(entry);
  }
  if (!own.merged) return;
  const Node& source = *own.merged->value;
  const bool list = source.kind == Node::Kind::list;
  const std::vector<const Node*> maps = list ? source.items : std::vector<const Node*>{&source};
  for (const Node* each : maps) {
    if (each->kind == Node::Kind::map) {
      merge(*each, into);
    } else {
      report_->add<Message::merge_not_map>(where_of(list ? *each : *own.merged->key, path()), kind_of(*each));
    }
  }
}

}  // namespace weir::config
