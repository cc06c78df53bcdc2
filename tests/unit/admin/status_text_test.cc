#include "lb/admin/status_text.h"

#include <doctest/doctest.h>

#include <iterator>
#include <sstream>
#include <vector>

#include "lb/admin/table.h"

using weir::admin::Colour;
using weir::admin::cut;
using weir::admin::cut_middle;
using weir::admin::kRed;
using weir::admin::Paint;
using weir::admin::status_text;
using weir::admin::Table;

namespace {

const std::string kStatus = R"({
  "version": "0.1.0", "commit": "abc", "pid": 42, "state": "running", "started_at": "2026-01-31T00:00:00Z",
  "uptime_seconds": 93784.5, "workers": 2,
  "config": {"file": "/etc/weir/weir.yaml", "hash": "f00d", "loaded_at": "2026-01-31T00:00:00Z",
             "last_reload_succeeded": true},
  "process": {"cpu_seconds": 1.25, "resident_bytes": 12897485, "open_descriptors": 30, "max_descriptors": 1024,
              "threads": 4},
  "access_log_dropped": 0,
  "listeners": [{"name": "web", "state": "listening", "binds": ["0.0.0.0:80", "[::]:80"], "connections": 3,
                 "connections_total": 9, "websockets": 1, "requests": 12345, "responses_5xx": 2,
                 "received_bytes": 1023, "sent_bytes": 5368709120}],
  "target_groups": [{"name": "app", "algorithm": "round_robin", "ready": true, "healthy": 1,
    "counted": 2, "fail_open": false, "targets": [
    {"id": "app-1", "address": "10.0.0.1:80", "zone": "az-1", "state": "healthy", "weight": 1, "requests": 5, "responses_5xx": 0,
     "outstanding": 1, "connections": {"active": 1, "idle": 4}, "connection_errors": 0},
    {"id": "b", "address": "10.0.0.12:80", "zone": "", "state": "unhealthy", "weight": 100, "requests": 7, "responses_5xx": 1,
     "outstanding": 0, "connections": {"active": 0, "idle": 2}, "connection_errors": 3}]}],
  "zone_shifts": []
})";

std::string with(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("a status is shown as aligned tables without colours where none are wanted") {
  CHECK(
      status_text(kStatus, Colour::off).value() ==
      "weir 0.1.0 is running, pid 42, 2 workers, up 1d 2h\n"
      "configuration /etc/weir/weir.yaml (f00d), loaded 2026-01-31T00:00:00Z\n"
      "memory 12.3 MiB, 30 of 1024 descriptors, 1.2 s of CPU time\n"
      "\n"
      "LISTENER  BIND                PROTO  STATE      CONN  WS  REQUESTS  5XX    IN   OUT\n"
      "web       0.0.0.0:80 [::]:80  http   listening     3   1     12345    2  1.0K  5.0G\n"
      "\n"
      "TARGET GROUP  ALGORITHM    HEALTHY  NOTE\n"
      "app           round_robin      1/2\n"
      "\n"
      "GROUP  TARGET               ZONE  STATE      WEIGHT  REQUESTS  5XX  IN FLIGHT  CONN  IDLE  ERRORS\n"
      "app    app-1 (10.0.0.1:80)  az-1  healthy         1         5    0          1     1     4       0\n"
      "app    b (10.0.0.12:80)           unhealthy     100         7    1          0     0     2       3\n");
}

TEST_CASE("the tables of a status fit a terminal of 80 columns") {
  const std::string text = status_text(kStatus, Colour::off, 80).value();
  CHECK(text.find("GROUP  TARGET               ZONE  STATE      REQUESTS  5XX  IN FLIGHT  ERRORS\n") !=
        std::string::npos);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    CHECK_MESSAGE(end - at <= 80, text.substr(at, end - at));
    at = end + 1;
  }
}

TEST_CASE("on a terminal the state has a colour and headings are bold") {
  const std::string text = status_text(kStatus, Colour::on).value();
  CHECK(text.find("\x1b[32mrunning\x1b[0m") != std::string::npos);
  CHECK(text.find("\x1b[1mLISTENER") != std::string::npos);
  const std::string stopping = status_text(with(kStatus, "running", "stopping"), Colour::on).value();
  CHECK(stopping.find("\x1b[31mstopping\x1b[0m") != std::string::npos);
}

TEST_CASE("what an operator should look at stands out") {
  const std::string refused =
      with(kStatus, "\"last_reload_succeeded\": true", "\"last_reload_succeeded\": false");
  CHECK(status_text(refused, Colour::off)->find("the last reload was refused") != std::string::npos);
  const std::string dropping = with(kStatus, "\"access_log_dropped\": 0", "\"access_log_dropped\": 17");
  CHECK(status_text(dropping, Colour::off)->find("17 lines of the access log were dropped") !=
        std::string::npos);
}

TEST_CASE("what a listener speaks is told, and in red which certificate should have been renewed") {
  const std::string secure = with(kStatus, R"("connections": 3,)", R"("connections": 3, "protocol": "https",
    "http2": true, "certificates": [
    {"subject": "CN=fine", "names": [], "expires": "2026-02-14T00:00:00Z", "expires_in_seconds": 1209600},
    {"subject": "CN=soon", "names": [], "expires": "2026-02-13T23:59:59Z", "expires_in_seconds": 1209599},
    {"subject": "CN=\u001bgone", "names": [], "expires": "2026-01-30T23:00:00Z", "expires_in_seconds": -3600}],)");
  const std::string text = status_text(secure, Colour::on).value();
  CHECK(text.find("  https+h2  ") != std::string::npos);
  CHECK(text.find("\x1b[31mcertificate CN=soon of listener web expires in 13d 23h\x1b[0m\n"
                  "\x1b[31mcertificate CN=\\x1bgone of listener web has expired 1h 0m ago\x1b[0m\n\n") !=
        std::string::npos);
  CHECK(text.find("CN=fine") == std::string::npos);
}

TEST_CASE("of many certificates that should have been renewed ten are named") {
  std::string certificates;
  for (int i = 0; i < 12; ++i)
    certificates += R"({"subject": "CN=x", "names": [], "expires": "", "expires_in_seconds": 5},)";
  certificates.pop_back();
  const std::string text = status_text(with(kStatus, R"("connections": 3,)",
                                            R"("connections": 3, "certificates": [)" + certificates + "],"),
                                       Colour::off)
                               .value();
  CHECK(text.find("expires in 5s\nand 2 more certificates\n\n") != std::string::npos);
}

TEST_CASE("a group that fails open and a zone that is shifted are told") {
  const std::string failing = with(kStatus, "\"fail_open\": false", "\"fail_open\": true");
  CHECK(status_text(failing, Colour::off)->find("1/2  fails open: all get requests\n") != std::string::npos);
  const std::string shifted = with(
      kStatus, "\"zone_shifts\": []",
      R"("zone_shifts": [{"zone": "az-1", "reason": "", "since": "t", "until": "2026-01-31T08:00:00.000Z"}])");
  CHECK(status_text(shifted, Colour::off)->find("zone az-1 is shifted until 2026-01-31T08:00:00.000Z\n") !=
        std::string::npos);
}

TEST_CASE("a target without counters of its own has none in the table") {
  std::string text = kStatus;
  for (const char* const counter : {"\"requests\": 7", "\"responses_5xx\": 1", "\"active\": 0", "\"idle\": 2",
                                    "\"connection_errors\": 3"}) {
    const std::string member(counter, std::string_view(counter).find(':') + 1);
    text = with(text, counter, member + " null");
  }
  CHECK(status_text(text, Colour::off)
            ->find("app    b (10.0.0.12:80)           unhealthy     100         -    -          0     -     "
                   "-       -\n") != std::string::npos);
  text = with(text, "\"fail_open\": false",
              R"("fail_open": false, "other": {"requests": 7, "responses_5xx": 1, "connection_errors": 3})");
  const std::string table = status_text(text, Colour::off).value();
  const std::string last = table.substr(table.rfind("\napp ") + 1);
  std::istringstream cells(last);
  CHECK(std::vector<std::string>(std::istream_iterator<std::string>(cells), {}) ==
        std::vector<std::string>{"app", "other", "7", "1", "3"});
}

TEST_CASE("names cannot speak to the terminal") {
  const std::string text = status_text(with(kStatus, "app-1", R"(\u001b]0;x\u0007)"), Colour::off).value();
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find(R"(\x1b]0;x\x07)") != std::string::npos);
}

TEST_CASE("what is no status is said to be none") {
  for (const std::string& text : {std::string(), std::string("<html>"), std::string("{}"), std::string("[1]"),
                                  with(kStatus, "\"pid\": 42", "\"pid\": \"x\""), kStatus.substr(0, 400)}) {
    CAPTURE(text);
    CHECK(status_text(text, Colour::off).error() == "the answer is not a status of weir");
  }
}

TEST_CASE("a column is as wide as its widest cell, counted in characters") {
  Table table({{"NAME"}, {"N", Table::Align::right}});
  CHECK(table.empty());
  table.add(
      {"gr\xc3\xbc\xc3\x9f"
       "e",
       "1"});
  table.add({"x", "1000"});
  CHECK(table.text(Paint(Colour::off)) ==
        "NAME      N\n"
        "gr\xc3\xbc\xc3\x9f"
        "e     1\n"
        "x      1000\n");
}

TEST_CASE("a table that is too wide loses its spare columns first, and then the ends of its widest texts") {
  using enum Table::Align;
  Table table({{"NAME"}, {"NOTE", left, 2}, {"N", right, 1}, {"STATE"}});
  table.add({"a-rather-long-name", "a note", "1000", {"healthy", kRed}});
  table.add({"b", "", "1", "initial"});
  struct Row {
    std::size_t width;
    const char* text;
  };
  for (const Row& row : {Row{0,
                             "NAME                NOTE       N  STATE\n"
                             "a-rather-long-name  a note  1000  healthy\n"
                             "b                              1  initial\n"},
                         Row{41,
                             "NAME                NOTE       N  STATE\n"
                             "a-rather-long-name  a note  1000  healthy\n"
                             "b                              1  initial\n"},
                         Row{40,
                             "NAME                   N  STATE\n"
                             "a-rather-long-name  1000  healthy\n"
                             "b                      1  initial\n"},
                         Row{20,
                             "NAME         STATE\n"
                             "a-rather-l~  healthy\n"
                             "b            initial\n"}}) {
    CAPTURE(row.width);
    CHECK(table.text(Paint(Colour::off), row.width) == row.text);
  }
  CHECK(table.text(Paint(Colour::on), 20).find("a-rather-l~  \x1b[31mhealthy\x1b[0m\n") != std::string::npos);
}

TEST_CASE("a table that is too wide cuts long names in their middle before it loses a column") {
  using enum Table::Align;
  Table table({{"TARGET", left, 0, true}, {"ZONE", left, 2, true}, {"STATE"}});
  table.add({"ip-10-0-0-1.eu-central-1.compute.internal", "az-1", "healthy"});
  table.add({"b", "az-2", "unhealthy"});
  struct Row {
    std::size_t width;
    const char* text;
  };
  for (const Row& row : {Row{58,
                             "TARGET                                     ZONE  STATE\n"
                             "ip-10-0-0-1.eu-central-1.compute.internal  az-1  healthy\n"
                             "b                                          az-2  unhealthy\n"},
                         Row{41,
                             "TARGET                    ZONE  STATE\n"
                             "ip-10-0-0-1.~te.internal  az-1  healthy\n"
                             "b                         az-2  unhealthy\n"},
                         Row{40,
                             "TARGET                         STATE\n"
                             "ip-10-0-0-1.eu~mpute.internal  healthy\n"
                             "b                              unhealthy\n"},
                         Row{20,
                             "TARGET     STATE\n"
                             "ip-1~rnal  healthy\n"
                             "b          unhealthy\n"}}) {
    CAPTURE(row.width);
    CHECK(table.text(Paint(Colour::off), row.width) == row.text);
  }
}

TEST_CASE("a text is cut between characters, never inside one") {
  CHECK(cut("abc", 3) == "abc");
  CHECK(cut("abcd", 3) == "ab~");
  CHECK(cut("gr\xc3\xbc\xc3\x9f", 3) == "gr~");
  CHECK(cut("\xc3\xbc\xc3\x9f\xc3\xbc", 2) == "\xc3\xbc~");
  CHECK(cut("abc", 1) == "~");
  CHECK(cut("abc", 0) == "");
  CHECK(cut_middle("abcdef", 6) == "abcdef");
  CHECK(cut_middle("abcdef", 5) == "ab~ef");
  CHECK(cut_middle("abcdef", 4) == "ab~f");
  CHECK(cut_middle("\xc3\xbc\xc3\x9f\xc3\xbc\xc3\x9f", 3) == "\xc3\xbc~\xc3\x9f");
  CHECK(cut_middle("abc", 2) == "a~");
  CHECK(cut_middle("abc", 1) == "~");
  CHECK(cut_middle("abc", 0) == "");
}
