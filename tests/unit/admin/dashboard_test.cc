#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lb/admin/embedded_files.h"
#include "lb/admin/handler.h"
#include "lb/wire/failure.h"
#include "tests/unit/admin/request.h"

using weir::admin::dashboard_files;
using weir::admin::EmbeddedFile;
using weir::admin::Gate;
using weir::admin::handle;
using weir::admin::Response;
using weir::admin::State;
using weir::base::SocketAddress;
using weir::base::WallTime;
using weir::http::Method;

namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Response ask(const std::string& target, const Fields& fields = {}, const std::string& bind = "127.0.0.1:9900",
             const std::string& host = "127.0.0.1:9900") {
  const auto head = request_head(Method::get, target, host, fields);
  return handle({head, {}}, State{}, Gate(SocketAddress::parse(bind).value(), "the-token"), WallTime{});
}

std::vector<std::string> values(const Response& response, const std::string& name) {
  std::vector<std::string> found;
  for (const auto& [key, value] : response.fields) {
    if (key == name) found.push_back(value);
  }
  return found;
}

std::string_view content_of(std::string_view name) {
  return std::ranges::find(dashboard_files(), name, &EmbeddedFile::name)->content;
}

std::string_view page() { return content_of("index.html"); }

}  // namespace

TEST_CASE("the page and its files are what they say, and may load nothing from elsewhere") {
  const struct {
    const char* target;
    const char* content_type;
  } rows[] = {{"/", "text/html; charset=utf-8"},
              {"/?x", "text/html; charset=utf-8"},
              {"/dashboard/style.css", "text/css; charset=utf-8"},
              {"/dashboard/main.js", "text/javascript; charset=utf-8"}};
  for (const auto& row : rows) {
    CAPTURE(row.target);
    const Response response = ask(row.target);
    CHECK(response.status == 200);
    CHECK(response.content_type == row.content_type);
    CHECK(response.body.size() > 100);
    CHECK(values(response, "Cache-Control") == std::vector<std::string>{"no-cache"});
    CHECK(values(response, "X-Content-Type-Options") == std::vector<std::string>{"nosniff"});
    CHECK(values(response, "Referrer-Policy") == std::vector<std::string>{"no-referrer"});
    CHECK(values(response, "Content-Security-Policy") ==
          std::vector<std::string>{
              "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
              "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"});
  }
  CHECK(ask("/dashboard/none.js").status == 404);
  CHECK(ask("/dashboard/").status == 404);
  CHECK(ask("/dashboard/..%2fstyle.css").status == 404);
}

TEST_CASE("who has a file already is told so") {
  const std::string tag = values(ask("/"), "ETag").at(0);
  CHECK(tag.size() == 18);
  for (const std::string& known : {tag, "W/" + tag, "\"other\", " + tag}) {
    const Response response = ask("/", {{"If-None-Match", known}});
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(values(response, "ETag").at(0) == tag);
  }
  CHECK(ask("/", {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("every file has a tag of its own, and the page holds no script and no style") {
  std::set<std::string_view> tags;
  for (const EmbeddedFile& file : dashboard_files()) tags.insert(file.entity_tag);
  CHECK(tags.size() == dashboard_files().size());
  CHECK(!page().contains("style="));
  CHECK(!page().contains("<style"));
  CHECK(!page().contains("onclick"));
  CHECK(page().contains("<script type=\"module\" src=\"dashboard/main.js\"></script>"));
}

TEST_CASE("nothing from the server becomes markup") {
  for (const EmbeddedFile& file : dashboard_files()) {
    CAPTURE(file.name);
    for (const char* way : {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("})
      CHECK(!file.content.contains(way));
  }
}

TEST_CASE("the page itself needs no token, since it is what asks for it; foreign sites get nothing") {
  CHECK(ask("/", {}, "10.0.0.1:9900").status == 200);
  CHECK(ask("/dashboard/main.js", {}, "10.0.0.1:9900").status == 200);
  CHECK(ask("/api/v1/live", {}, "10.0.0.1:9900").status == 401);
  CHECK(ask("/", {}, "127.0.0.1:9900", "evil.example").status == 403);
  CHECK(ask("/", {{"Origin", "http://evil.example"}}).status == 403);
}

TEST_CASE("the page knows each reason for which weir answers 5xx, and with which") {
  for (std::size_t i = 0; i < static_cast<std::size_t>(weir::wire::Reason::count_); ++i) {
    const auto& reason = weir::wire::traits(static_cast<weir::wire::Reason>(i));
    if (reason.status < 500) continue;
    const std::string begin = fmt::format("\n  {}: {{ whose: ", reason.word);
    const std::string_view model = content_of("model.js");
    const std::size_t at = model.find(begin);
    CAPTURE(reason.word);
    REQUIRE(at != std::string_view::npos);
    const std::string_view line = model.substr(at + 1, model.find('\n', at + 1) - at);
    CHECK(line.contains(fmt::format("status: {},", reason.status)));
  }
}
