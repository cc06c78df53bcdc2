#include "config/tls_files.h"

#include <sys/stat.h>

#include <cerrno>

#include "tests/unit/config/support.h"

namespace weir::config {
namespace {

using UseKind = TlsFileUse::Kind;

// Listeners whose files are in a folder of their own.
class FileWorld {
 public:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void write(const std::string& name, std::string_view text, mode_t mode = 0600) const {
    REQUIRE(::chmod(folder_.write(name, text).c_str(), mode) == 0);
  }
  Loaded load_listeners(const std::string& listeners) const {
    auto loaded =
        load(folder_.write("weir.yaml", "listeners:\n" + listeners + std::string(kGroup)), Environment());
    REQUIRE_MESSAGE(loaded.has_value(), (loaded ? std::string() : to_text(loaded.error())));
    return *std::move(loaded);
  }
  std::vector<TlsFileUse> uses(const std::string& listeners) const {
    return tls_file_uses(load_listeners(listeners).snapshot);
  }

 private:
  const TemporaryFolder folder_;
};

std::string listener(const std::string& name, const std::string& tls) {
  return "  " + name + ": { bind: 127.0.0.1:0, protocol: https, forward: app, tls: { " + tls + " } }\n";
}

std::string one_certificate(const std::string& name) {
  return listener(name, "certificates: { cert: a.pem, key: a.key }");
}

}  // namespace

TEST_CASE("each key that names a file of TLS is a use of it") {
  const FileWorld world;
  const auto uses =
      world.uses("  plain: { bind: 127.0.0.1:0, forward: app }\n" +
                 listener("web",
                          "certificates: [{ cert: a.pem, key: a.pem }, { cert: b.pem, key: b.key, ocsp: "
                          "b.ocsp }], client_auth: { ca: ca.pem, crl: ca.crl }, ticket_keys_file: keys"));
  struct Row {
    UseKind kind;
    const char* file;
    const char* key;
    bool secret;
  };
  const Row rows[] = {
      {UseKind::certificate, "a.pem", "tls.certificates[0].cert", false},
      {UseKind::key, "a.pem", "tls.certificates[0].key", true},
      {UseKind::certificate, "b.pem", "tls.certificates[1].cert", false},
      {UseKind::key, "b.key", "tls.certificates[1].key", true},
      {UseKind::ocsp, "b.ocsp", "tls.certificates[1].ocsp", false},
      {UseKind::client_ca, "ca.pem", "tls.client_auth.ca", false},
      {UseKind::client_crl, "ca.crl", "tls.client_auth.crl", false},
      {UseKind::ticket_keys, "keys", "tls.ticket_keys_file", true},
  };
  REQUIRE(uses.size() == std::size(rows));
  for (std::size_t i = 0; i < uses.size(); ++i) {
    CAPTURE(rows[i].key);
    CHECK(uses[i].kind == rows[i].kind);
    CHECK(uses[i].path == world.path(rows[i].file));
    CHECK(uses[i].key == rows[i].key);
    CHECK(uses[i].is_secret() == rows[i].secret);
    CHECK(uses[i].full_key() == std::string("listeners.web.") + rows[i].key);
    CHECK(uses[i].place.line == 3);
  }
}

TEST_CASE("what is in a file is read once for all of its uses") {
  const FileWorld world;
  world.write("a.pem", "certificate");
  world.write("a.key", "");
  const TlsFiles files = read_tls_files(world.uses(one_certificate("web") + one_certificate("other")));
  REQUIRE(files.find(world.path("a.pem")) != nullptr);
  CHECK(files.find(world.path("a.pem"))->content.value() == "certificate");
  CHECK(files.find(world.path("a.key"))->content.value().empty());
  CHECK(files.find(world.path("b.key")) == nullptr);
  CHECK(files.hashes().size() == 2);
}

TEST_CASE("what can not be read is an error at each key that names it") {
  const FileWorld world;
  world.write("a.pem", std::string(kMostTlsFileBytes + 1, 'a'));
  std::filesystem::create_directories(world.path("a.key"));
  REQUIRE(::mkfifo(world.path("pipe").c_str(), 0600) == 0);
  const Loaded loaded = world.load_listeners(
      one_certificate("web") + listener("other", "certificates: { cert: gone.pem, key: a.key, ocsp: pipe }"));
  const auto uses = tls_file_uses(loaded.snapshot);
  const TlsFiles files = read_tls_files(uses);
  CHECK(files.find(world.path("a.pem"))->content.error().error == ReadError::too_large);
  CHECK(files.find(world.path("gone.pem"))->content.error().system_error == ENOENT);
  const auto findings = tls_file_findings(uses, files);
  const std::string in = world.path("");
  const std::pair<std::string, std::string> rows[] = {
      {"listeners.web.tls.certificates[0].cert",
       "'" + in + "a.pem' is larger than 1MiB, or all files of TLS are larger than 256MiB"},
      {"listeners.web.tls.certificates[0].key", "cannot read '" + in + "a.key': Is a directory"},
      {"listeners.other.tls.certificates[0].cert",
       "cannot read '" + in + "gone.pem': No such file or directory"},
      {"listeners.other.tls.certificates[0].key", "cannot read '" + in + "a.key': Is a directory"},
      {"listeners.other.tls.certificates[0].ocsp", "'" + in + "pipe' is not a regular file"},
  };
  REQUIRE(findings.size() == std::size(rows));
  for (std::size_t i = 0; i < findings.size(); ++i) {
    CHECK(findings[i].path == rows[i].first);
    CHECK(findings[i].message == rows[i].second);
    CHECK(findings[i].severity == Severity::error);
  }
  const Diagnostic shown = diagnostic_of(findings[2], loaded);
  CHECK(shown.source.substr(shown.begin, shown.length) == "gone.pem");
}

TEST_CASE("a key that every user may read is a warning, a certificate is none") {
  const FileWorld world;
  world.write("a.pem", "certificate", 0644);
  for (const auto& [mode, warnings] :
       {std::pair<mode_t, std::size_t>{0600, 0}, {0640, 0}, {0644, 1}, {0604, 1}}) {
    CAPTURE(mode);
    world.write("a.key", "key", mode);
    const auto uses = world.uses(one_certificate("web"));
    const auto findings = tls_file_findings(uses, read_tls_files(uses));
    REQUIRE(findings.size() == warnings);
    if (warnings == 0) continue;
    CHECK(findings[0].severity == Severity::warning);
    CHECK(findings[0].path == "listeners.web.tls.certificates[0].key");
    CHECK(findings[0].message.find("a.key'") != std::string::npos);
  }
}

TEST_CASE("a reload knows which files have other contents") {
  const FileWorld world;
  world.write("a.pem", "one");
  world.write("a.key", "key");
  const auto uses = world.uses(one_certificate("web"));
  const TlsFileHashes before = read_tls_files(uses).hashes();
  CHECK(changed_tls_files(before, read_tls_files(uses).hashes()).empty());

  world.write("a.pem", "two");
  CHECK(changed_tls_files(before, read_tls_files(uses).hashes()) ==
        std::vector<std::string>{world.path("a.pem")});

  world.write("a.pem", "one");
  world.write("a.key", "one");
  CHECK(changed_tls_files(before, read_tls_files(uses).hashes()) ==
        std::vector<std::string>{world.path("a.key")});

  std::filesystem::remove(world.path("a.key"));
  CHECK(changed_tls_files(before, read_tls_files(uses).hashes()) ==
        std::vector<std::string>{world.path("a.key")});
  CHECK(changed_tls_files({}, before).empty());
  CHECK(changed_tls_files(before, {}).empty());
}

}  // namespace weir::config
