#include <nlohmann/json.hpp>

#include <cstdlib>
#include <regex>
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

// The reference with each "default: X" of a comment in place of the value beside it, which may be a block
// below it. A key whose default is none is left out.
std::string with_defaults(const std::string& reference) {
  constexpr std::string_view kMark = "default: ";
  std::istringstream lines(reference);
  std::string result;
  std::size_t replaced = std::string::npos;  // the indentation of the key above whose value was a block
  for (std::string line; std::getline(lines, line);) {
    const std::size_t indentation = line.find_first_not_of(' ');
    if (indentation > replaced) continue;
    replaced = std::string::npos;
    const std::size_t comment = line.find(" # ");
    const std::size_t mark = comment == std::string::npos ? comment : line.find(kMark, comment);
    if (mark != std::string::npos) {
      const std::string value = line.substr(mark + kMark.size());
      if (line[comment - 1] == ':') replaced = indentation;
      if (value == "none") continue;
      line = line.substr(0, line.find(": ") + 2) + value;
    }
    result += line + "\n";
  }
  return result;
}

// Of each of these what is required, and beside that the model's defaults.

model::Action bare(const model::Action& action) {
  if (const auto* const forward = std::get_if<model::ForwardAction>(&action)) {
    return model::ForwardAction{.groups = forward->groups};
  }
  if (std::holds_alternative<model::RedirectAction>(action)) return model::RedirectAction();
  return model::RespondAction();
}

std::vector<model::TlsCertificate> bare(std::vector<model::TlsCertificate> certificates) {
  for (model::TlsCertificate& certificate : certificates) certificate.ocsp.reset();
  return certificates;
}

model::Listener bare(const model::Listener& listener) {
  model::Listener result;
  result.name = listener.name;
  result.binds = listener.binds;
  result.protocol = listener.protocol;
  if (listener.tls) result.tls.emplace().certificates = bare(listener.tls->certificates);
  if (listener.protocol == model::Protocol::https) result.http2.emplace();
  result.default_action = bare(listener.default_action);
  for (std::size_t i = 0; i < listener.rules.size(); ++i) {
    model::Rule rule;
    rule.name = "rule-" + std::to_string(i + 1);
    rule.action = bare(listener.rules[i].action);
    result.rules.push_back(std::move(rule));
  }
  return result;
}

model::Stickiness bare(const model::Stickiness& stickiness) {
  model::Stickiness result;
  result.type = stickiness.type;
  result.app_cookie = stickiness.app_cookie;
  return result;
}

model::TargetGroup bare(const model::TargetGroup& group) {
  model::TargetGroup result;
  result.name = group.name;
  result.protocol = group.protocol;
  if (group.protocol == model::Protocol::https) {
    result.tls.emplace();
    result.health_check->protocol = model::HealthCheck::Protocol::https;
  }
  for (const auto& each : group.targets) {
    model::Target target;
    target.address = each.address;
    target.id = each.address.to_string();
    result.targets.push_back(target);
  }
  for (const auto& each : group.dns_targets) {
    model::DnsTarget target;
    target.name = each.name;
    target.port = each.port;
    result.dns_targets.push_back(target);
  }
  if (group.stickiness) result.stickiness = bare(*group.stickiness);
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
  for (const auto& listener : snapshot.listeners) expected.listeners.push_back(bare(listener));
  for (const auto& group : snapshot.target_groups) expected.target_groups.push_back(bare(group));
  expected.target_groups.at(0).stickiness.reset();  // the others show what it is where it is on
  CHECK(effective_json(snapshot) == effective_json(expected));
  CHECK(snapshot == expected);
}

TEST_CASE("the reference and the manual page name every field of the access log") {
  struct Place {
    const char* path;
    const char* from;
    const char* to;
  };
  for (const Place& place : {Place{kReference, "The names, which weir(1) explains", "\n    format:"},
                             Place{"packaging/weir.1", ".SH ACCESS LOG", ".SH EXIT STATUS"}}) {
    CAPTURE(place.path);
    const std::string whole = read_text(place.path);
    const std::size_t at = whole.find(place.from);
    REQUIRE(at != std::string::npos);
    const std::string list = whole.substr(at, whole.find(place.to, at) - at);
    const std::string words = std::regex_replace(list, std::regex("[^a-z_]+"), " ");
    for (const std::string_view name : model::access_field_names()) {
      CAPTURE(name);
      if (!name.empty() && name != "header")
        CHECK(words.find(fmt::format(" {} ", name)) != std::string::npos);
    }
  }
}

TEST_CASE("the shipped files and the examples are valid and raise no warning") {
  std::vector<std::filesystem::path> paths = {"config/weir.yaml"};
  for (const auto& entry : std::filesystem::directory_iterator("config/examples")) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  CHECK(paths.size() >= 7);
  for (const auto& path : paths) {
    CAPTURE(path.string());
    const auto loaded = load(path.string(), Environment());
    REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : to_text(loaded.error())));
    CHECK_MESSAGE(loaded->warnings.empty(), to_text(loaded->warnings));
  }
}

TEST_CASE("the JSON Schema accepts what the reader accepts and refuses what a schema can refuse") {
  const TemporaryFolder folder;
  const std::string schema = folder.write("schema.json", json_schema());
  const auto loaded = load(kReference, Environment());
  REQUIRE(loaded.has_value());
  const std::string effective = folder.write("effective.yaml", effective_json(loaded->snapshot));
  const std::string command =
      "/usr/bin/python3 tests/unit/config/schema_check.py " + schema + " " + effective;
  CHECK(std::system(command.c_str()) == 0);
}

}  // namespace weir::config
