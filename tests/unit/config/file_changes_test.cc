#include "config/plan/file_changes.h"

#include "config/plan_text.h"
#include "tests/unit/config/support.h"

namespace weir::config {
namespace {

const char* const kFile =
    "listeners:\n"
    "  web: { bind: 127.0.0.1:1, protocol: https, tls: { certificates: { cert: /a.pem, key: /a.key } }, "
    "forward: app }\n"
    "  api: { bind: 127.0.0.1:2, protocol: https, tls: { certificates: { cert: /a.pem, key: /b.key } }, "
    "forward: app }\n";

std::string planned(const Plan& start, const std::vector<std::string>& changed) {
  const auto snapshot = snapshot_of(kFile + std::string(kGroup));
  Plan plan = start;
  add_file_changes(plan, tls_file_uses(snapshot), changed);
  return plan_line(plan);
}

}  // namespace

TEST_CASE("a file with other contents is a change of each listener that uses it") {
  CHECK(planned({}, {}) == "no changes");
  CHECK(planned({}, {"/other"}) == "no changes");
  CHECK(planned({}, {"/a.pem"}) ==
        "listener web: tls.certificates[0].cert: what is in /a.pem has changed; "
        "listener api: tls.certificates[0].cert: what is in /a.pem has changed");
  CHECK(planned({}, {"/b.key"}) == "listener api: tls.certificates[0].key: what is in /b.key has changed");
}

TEST_CASE("it stands behind the other changes of its listener") {
  const Plan start{
      {{"listener web", Change::Kind::changed, "one"}, {"target group app", Change::Kind::changed, "two"}}};
  CHECK(planned(start, {"/a.key", "/b.key"}) ==
        "listener web: one; tls.certificates[0].key: what is in /a.key has changed; target group app: two; "
        "listener api: tls.certificates[0].key: what is in /b.key has changed");
}

}  // namespace weir::config
