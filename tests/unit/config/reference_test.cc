#include <nlohmann/json.hpp>

#include <cstdlib>
#include <set>
#include <sstream>

#include "config/effective.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/yaml/parse.h"
#include "tests/unit/config/support.h"

// config/reference.yaml, the JSON Schema and the reader can't drift apart.
namespace weir::config {
namespace {

using Json = nlohmann::json;

const char* const kReference = "config/reference.yaml";

// "listeners.*.timeouts.idle" for every key that the schema knows.
void collect_keys(const Json& schema, const std::string& path, std::set<std::string>& keys) {
  const auto below = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
  if (schema.contains("properties")) {
    for (const auto& [key, value] : schema["properties"].items()) {
      keys.insert(below(key));
      collect_keys(value, below(key), keys);
    }
  }
  if (schema.contains("additionalProperties") && schema["additionalProperties"].is_object()) {
    collect_keys(schema["additionalProperties"], below("*"), keys);
  }
  if (schema.contains("items")) collect_keys(schema["items"], path, keys);
  if (schema.contains("anyOf")) {
    for (const auto& each : schema["anyOf"]) collect_keys(each, path, keys);
  }
}

bool has_key(const Node& node, std::string_view path) {
  if (path.empty()) return true;
  if (node.kind == Node::Kind::list) {
    return std::ranges::any_of(node.items, [&](const Node* item) { return has_key(*item, path); });
  }
  const std::string_view key = path.substr(0, path.find('.'));
  const std::string_view rest = key.size() == path.size() ? "" : path.substr(key.size() + 1);
  return std::ranges::any_of(node.entries, [&](const Entry& entry) {
    return (key == "*" || entry.key->text == key) && has_key(*entry.value, rest);
  });
}

// The reference with each "default: X" of a comment in place of the value beside it.
std::string with_defaults(const std::string& reference) {
  constexpr std::string_view kMark = "default: ";
  std::istringstream lines(reference);
  std::string result;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t comment = line.find(" # ");
    const std::size_t mark = comment == std::string::npos ? comment : line.find(kMark, comment);
    if (mark != std::string::npos)
      line = line.substr(0, line.find(": ") + 2) + line.substr(mark + kMark.size());
    result += line + "\n";
  }
  return result;
}

}  // namespace

TEST_CASE("the reference loads without a remark") {
  const auto loaded = load(kReference, Environment());
  REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : to_text(loaded.error())));
  CHECK_MESSAGE(loaded->warnings.empty(), to_text(loaded->warnings));
}

TEST_CASE("the reference uses every key that the reader knows") {
  std::set<std::string> keys;
  collect_keys(Json::parse(json_schema()), "", keys);
  CHECK(keys.size() > 60);
  const Source source(kReference, read_text(kReference), 0);
  NodeStore store;
  Report report;
  const Node* root = parse(source, store, report);
  REQUIRE(root != nullptr);
  for (const std::string& key : keys) {
    CAPTURE(key);
    CHECK(has_key(*root, key));
  }
}

TEST_CASE("every value that the reference gives as a default is the model's") {
  const auto snapshot = snapshot_of(with_defaults(read_text(kReference)));
  model::Snapshot expected;
  model::Listener listener;
  listener.name = snapshot.listeners.at(0).name;
  listener.binds = snapshot.listeners[0].binds;                    // required
  listener.default_action = snapshot.listeners[0].default_action;  // required
  expected.listeners.push_back(listener);
  model::TargetGroup group;
  group.name = snapshot.target_groups.at(0).name;
  for (const auto& each : snapshot.target_groups[0].targets) {
    model::Target target;
    target.address = each.address;  // required
    target.id = each.address.to_string();
    group.targets.push_back(target);
  }
  for (const auto& each : snapshot.target_groups[0].dns_targets) {
    model::DnsTarget target;
    target.name = each.name;  // required
    target.port = each.port;  // required
    group.dns_targets.push_back(target);
  }
  expected.target_groups.push_back(group);
  CHECK(effective_json(snapshot) == effective_json(expected));
  CHECK(snapshot == expected);
}

TEST_CASE("the shipped files and the examples are valid and raise no warning") {
  for (const char* path : {"config/weir.yaml", "config/examples/minimal.yaml"}) {
    CAPTURE(path);
    const auto loaded = load(path, Environment());
    REQUIRE(loaded.has_value());
    CHECK(loaded->warnings.empty());
  }
}

TEST_CASE("the JSON Schema accepts what the reader accepts and refuses what a schema can refuse") {
  const TemporaryFolder folder;
  const std::string schema = folder.write("schema.json", json_schema());
  const std::string effective =
      folder.write("effective.yaml", effective_json(snapshot_of(read_text(kReference))));
  const std::string command =
      "/usr/bin/python3 tests/unit/config/schema_check.py " + schema + " " + effective;
  CHECK(std::system(command.c_str()) == 0);
}

}  // namespace weir::config
