#include "config/diagnostics.h"

#include <nlohmann/json.hpp>

#include "tests/unit/config/support.h"

namespace weir::config {
namespace {

const Diagnostic kPort{.severity = Severity::error,
                       .id = "address-port-range",
                       .place = {.file = "lb.yaml", .line = 14, .column = 19},
                       .path = "target_groups.web.targets[1].address",
                       .message = "port 70000 is not in 1-65535",
                       .hint = "",
                       .source = "      - 10.0.2.10:70000",
                       .begin = 18,
                       .length = 5};

}  // namespace

TEST_CASE("a diagnostic shows its line with a caret under the offending bytes") {
  CHECK(to_text({kPort}) ==
        "lb.yaml:14:19: error: target_groups.web.targets[1].address: port 70000 is not in 1-65535\n"
        "   14 |       - 10.0.2.10:70000\n"
        "      |                   ^^^^^\n");
}

TEST_CASE("colours come only when asked for and change nothing else") {
  std::string coloured = to_text({kPort}, Colour::on);
  CHECK(coloured.find("\033[1;31m") != std::string::npos);
  for (std::size_t at = coloured.find('\033'); at != std::string::npos; at = coloured.find('\033')) {
    coloured.erase(at, coloured.find('m', at) - at + 1);
  }
  CHECK(coloured == to_text({kPort}));
}

TEST_CASE("a hint follows the message, and a diagnostic without a line has no excerpt") {
  const Diagnostic whole{.severity = Severity::warning,
                         .id = "x",
                         .place = {.file = "lb.yaml"},
                         .path = "",
                         .message = "odd",
                         .hint = "even it out",
                         .source = ""};
  CHECK(to_text({whole}) == "lb.yaml: warning: odd; even it out\n");
}

TEST_CASE("nothing of a file can play tricks on a terminal") {
  Diagnostic nasty = kPort;
  nasty.place.file = "a\033[2Jb";
  nasty.path = "x\r";
  nasty.message = "\x07 \u202e \xff";
  nasty.source = "\033]0;title\x07 \u202e \xff";
  const std::string text = to_text({nasty});
  CHECK(text.find('\033') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.find("\u202e") == std::string::npos);
  CHECK(text.find('\xff') == std::string::npos);
  CHECK(text.starts_with("a\\x1b[2Jb:14:19: error: x\\x0d: \\x07 ? \\xff"));
}

TEST_CASE("the JSON form says whether the file is valid and what was found") {
  const auto json = nlohmann::json::parse(to_json({kPort}));
  CHECK(json["valid"] == false);
  const auto& found = json["diagnostics"][0];
  CHECK(found["severity"] == "error");
  CHECK(found["id"] == "address-port-range");
  CHECK(found["file"] == "lb.yaml");
  CHECK(found["line"] == 14);
  CHECK(found["column"] == 19);
  CHECK(found["length"] == 5);
  CHECK(found["path"] == kPort.path);
  CHECK(found["message"] == kPort.message);
  CHECK(nlohmann::json::parse(to_json({}))["valid"] == true);
  Diagnostic broken = kPort;
  broken.message = "\xff";
  CHECK(nlohmann::json::accept(to_json({broken})));
}

}  // namespace weir::config
