#include <sys/stat.h>

#include <algorithm>

#include "tests/unit/config/support.h"

namespace weir::config {
namespace {

std::string group(std::string_view name) {
  return fmt::format("target_groups: {{ {}: {{ targets: [10.0.1.10:8080] }} }}\n", name);
}

std::vector<std::string> group_names(const Loaded& loaded) {
  std::vector<std::string> names;
  names.reserve(loaded.snapshot.target_groups.size());
  for (const auto& each : loaded.snapshot.target_groups) names.push_back(each.name);
  return names;
}

}  // namespace

TEST_CASE("included files are sought beside the including file and read in the order of their names") {
  const TemporaryFolder folder;
  const std::string main = folder.write("etc/weir.yaml", std::string(kListener) + "include: conf.d/*.yaml\n");
  folder.write("etc/conf.d/20-b.yaml", group("b"));
  folder.write("etc/conf.d/10-app.yaml", group("app"));
  folder.write("etc/conf.d/.hidden.yaml", "not: read\n");
  folder.write("etc/conf.d/notes.txt", "not: read\n");
  const auto loaded = load(main, Environment());
  REQUIRE(loaded.has_value());
  CHECK(group_names(*loaded) == std::vector<std::string>{"app", "b"});
  REQUIRE(loaded->files.size() == 3);
  CHECK(loaded->files[1] == (folder.path() / "etc/conf.d/10-app.yaml").string());
  CHECK(loaded->snapshot.target_groups[0].place.file == loaded->files[1]);
  CHECK(loaded->patterns.size() == 1);
}

TEST_CASE("a pattern without a match is fine, a name without a file is not") {
  const TemporaryFolder folder;
  CHECK(load(folder.write("a.yaml", kMinimal + "include: [none.d/*.yaml, \"x-?.yaml\"]\n"), Environment())
            .has_value());
  const auto missing = load(folder.write("b.yaml", kMinimal + "include: none.yaml\n"), Environment());
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error()[0].id == "cannot-read");
  CHECK(missing.error()[0].place.line == 3);
}

TEST_CASE("overlapping patterns read a file once, and a file does not include itself") {
  const TemporaryFolder folder;
  folder.write("other.yaml", group("app"));
  const std::string main =
      folder.write("weir.yaml", std::string(kListener) + "include: [\"*.yaml\", \"o*.yaml\", other.yaml]\n");
  const auto loaded = load(main, Environment());
  REQUIRE(loaded.has_value());
  CHECK(loaded->files.size() == 2);
}

TEST_CASE("a folder with the characters of a pattern in its name is only a folder") {
  const TemporaryFolder folder;
  const std::string main =
      folder.write("[a]*/weir.yaml", std::string(kListener) + "include: conf.d/*.yaml\n");
  folder.write("[a]*/conf.d/app.yaml", group("app"));
  const auto loaded = load(main, Environment());
  REQUIRE(loaded.has_value());
  CHECK(loaded->files.size() == 2);
}

TEST_CASE("a variable may stand in an include") {
  const TemporaryFolder folder;
  folder.write("app.yaml", group("app"));
  const std::string main = folder.write("weir.yaml", std::string(kListener) + "include: \"${WHICH}.yaml\"\n");
  CHECK(load(main, Environment{{"WHICH", "app"}}).has_value());
}

TEST_CASE("the same name in two files is reported with both places") {
  const TemporaryFolder folder;
  const std::string main = folder.write("weir.yaml", kMinimal + "include: again.yaml\n");
  const std::string again = folder.write("again.yaml", group("app"));
  const auto loaded = load(main, Environment());
  REQUIRE_FALSE(loaded.has_value());
  REQUIRE(loaded.error().size() == 1);
  CHECK(loaded.error()[0].place.file == again);
  CHECK(loaded.error()[0].message == fmt::format("'app' is set twice, first at {}:2:18", main));
}

TEST_CASE("a broken file does not hide the mistakes in others, nor raise false ones") {
  const TemporaryFolder folder;
  const std::string main =
      folder.write("weir.yaml", std::string(kListener) + "include: \"*.d.yaml\"\nlog: { level: loud }\n");
  folder.write("a.d.yaml", group("app") + "process: [\n");
  folder.write("b.d.yaml", "process: { workers: many }\n");
  const auto loaded = load(main, Environment());
  REQUIRE_FALSE(loaded.has_value());
  std::vector<std::string> ids;
  for (const auto& each : loaded.error()) ids.push_back(each.id);
  CHECK(ids == std::vector<std::string>{"not-one-of", "syntax-bracket", "not-number"});
}

TEST_CASE("what can't be read is said in one line without a place") {
  const TemporaryFolder folder;
  struct {
    std::string path;
    std::string_view expected;
  } const rows[] = {{(folder.path() / "none.yaml").string(), "No such file or directory"},
                    {folder.path().string(), "Is a directory"},
                    {folder.write("file", "x") + "/below", "Not a directory"}};
  for (const auto& row : rows) {
    CAPTURE(row.path);
    const auto loaded = load(row.path, Environment());
    REQUIRE_FALSE(loaded.has_value());
    CHECK(to_text(loaded.error()) ==
          fmt::format("{0}: error: cannot read '{0}': {1}\n", row.path, row.expected));
  }
}

TEST_CASE("a file beyond the bound is refused without being parsed, even an endless one") {
  const auto endless = load("/dev/zero", LoadOptions{.environment = {}, .max_bytes = 1 << 20});
  REQUIRE_FALSE(endless.has_value());
  CHECK(endless.error()[0].id == "too-large");
  CHECK(load_text(kMinimal, "test.yaml", {.environment = {}, .max_bytes = 10}).error()[0].id == "too-large");
}

TEST_CASE("the order of messages is errors by file and line, then warnings") {
  const auto loaded = load_text(
      "target_groups:\n  b: {}\n  a: {}\nlisteners: { w: { bind: 127.0.0.1:1, forward: a } }\n", "test.yaml");
  REQUIRE(loaded.has_value());
  REQUIRE(loaded->warnings.size() == 3);
  CHECK(std::ranges::is_sorted(loaded->warnings, {}, [](const Diagnostic& each) { return each.place.line; }));
  CHECK(loaded->warnings[2].id == "group-empty");
}

TEST_CASE("a load names all that it read, and what it could not, even if it fails") {
  const TemporaryFolder folder;
  const auto path = [&](const std::string& name) { return (folder.path() / name).string(); };
  folder.write("page.html", "back at nine");
  const std::string groups = folder.write("conf.d/app.yaml", group("app"));
  const std::string listener =
      "listeners: { web: { bind: \"0.0.0.0:8080\", respond: { status: 503, body_file: page.html } } }\n";
  const std::string main = folder.write("weir.yaml", listener + "include: [conf.d/*.yaml, none.yaml]\n");
  Inputs inputs;
  CHECK_FALSE(load(main, LoadOptions(), inputs).has_value());
  CHECK(inputs.files == std::vector<std::string>{main, groups, path("none.yaml")});
  CHECK(inputs.patterns.size() == 2);
  CHECK(inputs.extra_files == std::vector<std::string>{path("page.html")});

  folder.write("none.yaml", "log: { level: warn }\n");
  const auto loaded = load(main, LoadOptions(), inputs);
  REQUIRE(loaded.has_value());
  CHECK(loaded->files == inputs.files);
  CHECK(loaded->extra_files == inputs.extra_files);

  std::filesystem::remove(path("page.html"));
  CHECK_FALSE(load(main, LoadOptions(), inputs).has_value());
  CHECK(inputs.extra_files == std::vector<std::string>{path("page.html")});

  CHECK_FALSE(load(path("gone.yaml"), LoadOptions(), inputs).has_value());
  CHECK(inputs.files == std::vector<std::string>{path("gone.yaml")});
  CHECK(inputs.extra_files.empty());
}

TEST_CASE("a reload does not wait for a pipe in the place of the file") {
  const TemporaryFolder folder;
  const std::string pipe = (folder.path() / "pipe").string();
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto loaded = load(pipe, LoadOptions{.environment = {}, .may_be_pipe = false});
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error()[0].id == "not-a-file");
}

TEST_CASE("the files with secrets are those that the snapshot names") {
  CHECK(secret_files(snapshot_of(kMinimal)).empty());
  CHECK(secret_files(snapshot_of(
            kMinimal + "secrets: { cookie_keys_file: /etc/keys }\nadmin: { token_file: /etc/token }\n")) ==
        std::vector<std::string>{"/etc/keys", "/etc/token"});
}

}  // namespace weir::config
