// Rules: which action a request meets, and what the target and the client get.

#include <doctest/doctest.h>

#include "lb/model/template.h"
#include "tests/support/proxy.h"

namespace weir::test {
namespace {

using Variable = model::Template::Variable;

constexpr std::string_view kFromServer = "HTTP/1.1 200 OK\r\nServer: theirs\r\nContent-Length: 0\r\n\r\n";

model::Template text(std::string_view written) {
  static constexpr std::array kAll = {Variable::scheme, Variable::host,   Variable::port,
                                      Variable::path,   Variable::query,  Variable::client,
                                      Variable::zone,   Variable::target, Variable::rule};
  return *model::parse_template(written, kAll);
}

model::Rule rule(const std::string& name, std::string_view path, model::Action action) {
  model::Rule rule;
  rule.name = name;
  rule.match.paths = {*model::Pattern::parse(path)};
  rule.action = std::move(action);
  return rule;
}

model::ForwardAction to_app() { return {.groups = {{.target_group = "app"}}}; }

Message ask(Proxy& proxy, const std::string& head) {
  auto client = proxy.connect();
  client->send(head + "\r\n\r\n");
  return client->read();
}

// What the target is sent, when it answers well.
struct Forwarded {
  Message request;
  Message response;
};
Forwarded forward(Proxy& proxy, const std::string& head) {
  auto client = proxy.connect();
  client->send(head + "\r\n\r\n");
  auto target = proxy.accept();
  Forwarded result;
  result.request = target->read();
  target->send(kFromServer);
  result.response = client->read();
  return result;
}

}  // namespace

TEST_CASE("the first rule that matches decides, and is counted") {
  Proxy proxy;
  proxy.listener_settings().rules = {
      rule("closed", "/closed*", model::RespondAction{.status = 503, .body = "back at nine"}),
      rule("all", "/*", to_app())};
  proxy.listener_settings().default_action = model::RespondAction{.status = 404};
  CHECK(ask(proxy, "GET /closed/now HTTP/1.1\r\nHost: a").status() == 503);
  CHECK(ask(proxy, "OPTIONS * HTTP/1.1\r\nHost: a").status() == 404);
  CHECK(forward(proxy, "GET /open HTTP/1.1\r\nHost: a").response.status() == 200);
  const auto rules = proxy.totals().rules;
  REQUIRE(rules.size() == 3);
  for (const observe::RuleTotal& one : rules) CHECK(one.requests == 1);
}

TEST_CASE("a rule cannot be walked around, and the target gets the bytes that the client sent") {
  Proxy proxy;
  proxy.listener_settings().rules = {rule("admin", "/admin/*", model::RespondAction{.status = 403})};
  for (const char* path : {"/admin/x", "/%61dmin/x", "//admin//x", "/a/../admin/x", "/a/%2e%2e/admin/x"}) {
    CAPTURE(path);
    CHECK(ask(proxy, std::string("GET ") + path + " HTTP/1.1\r\nHost: a").status() == 403);
  }
  // Servers read these in different ways.
  for (const char* path : {"/a%2f..%2fadmin/x", "/admin//../x", "/other/a%2fb/../../admin/x",
                           "/admin/x/..;/..;/y", "/admin/x\\..\\..\\y", "/admin/..%2fx", "/admin/..%5cx"}) {
    CAPTURE(path);
    CHECK(ask(proxy, std::string("GET ") + path + " HTTP/1.1\r\nHost: a").status() == 400);
  }
  CHECK(proxy.errors("AmbiguousUri") == 7);
  CHECK(forward(proxy, "GET /a%20b//c?d HTTP/1.1\r\nHost: a").request.start_line ==
        "GET /a%20b//c?d HTTP/1.1");
}

TEST_CASE("weir's own answer has the body, type and headers of the rule, and a HEAD gets no body") {
  Proxy proxy;
  model::RespondAction action{.status = 503, .content_type = "text/html", .body = "<p>back</p>"};
  action.headers = {{"retry-after", "600"}};
  proxy.listener_settings().default_action = action;
  const Message answer = ask(proxy, "GET / HTTP/1.1\r\nHost: a");
  CHECK(answer.status() == 503);
  CHECK(answer.body == "<p>back</p>");
  CHECK(answer.field("content-type") == "text/html");
  CHECK(answer.field("retry-after") == "600");
  CHECK(answer.field("date") != "");
  auto client = proxy.connect();
  client->send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string head = client->read_to_end();
  CHECK(head.find("Content-Length: 11\r\n") != std::string::npos);
  CHECK(head.ends_with("\r\n\r\n"));
}

TEST_CASE("a redirect fills its variables in, and one to where the client already is is refused") {
  Proxy proxy;
  model::RedirectAction secure{.status = 301};
  secure.scheme = text("https");
  model::RedirectAction same{.status = 302};
  proxy.listener_settings().rules = {rule("secure", "/secure*", secure), rule("same", "/same", same)};
  const Message answer = ask(proxy, "GET /secure/a%20b?c=d HTTP/1.1\r\nHost: shop.example.com");
  CHECK(answer.status() == 301);
  CHECK(answer.field("location") == "https://shop.example.com/secure/a%20b?c=d");
  CHECK(ask(proxy, "GET /same HTTP/1.1\r\nHost: a").status() == 500);
  CHECK(proxy.errors("redirect_invalid") == 1);
}

TEST_CASE("rewrites and header edits change what the target gets, and what the client gets back") {
  Proxy proxy;
  model::Rule api = rule("api", "/v1/*", to_app());
  api.rewrite.strip_prefix = "/v1";
  api.rewrite.host = "inner.example.com";
  api.request_fields.set = {{"x-rule", text("#{rule}")}};
  api.request_fields.remove = {"x-secret"};
  api.response_fields.remove = {"server"};
  api.response_fields.add = {{"x-path", text("#{path}")}};
  proxy.listener_settings().rules = {api};
  const Forwarded got = forward(proxy, "GET /v1/x?y HTTP/1.1\r\nHost: a\r\nX-Secret: s\r\nX-Rule: forged");
  CHECK(got.request.start_line == "GET /x?y HTTP/1.1");
  CHECK(got.request.field("host") == "inner.example.com");
  CHECK(got.request.field("x-forwarded-host") == "a");
  CHECK(got.request.field("x-rule") == "api");
  CHECK(got.request.field("x-secret") == "");
  CHECK(got.response.field("server") == "");
  CHECK(got.response.field("x-path") == "v1/x");
}

TEST_CASE("a rewrite that yields no path is 500, and nothing is sent to a target") {
  Proxy proxy;
  model::Rule bad = rule("bad", "/*", to_app());
  bad.rewrite.path_regex = *model::Substitution::parse("^/", "");
  proxy.listener_settings().rules = {bad};
  CHECK(ask(proxy, "GET /x HTTP/1.1\r\nHost: a").status() == 500);
  CHECK(proxy.errors("rewrite_invalid") == 1);
}

TEST_CASE("clients outside of the allowed blocks are refused") {
  Proxy proxy;
  proxy.listener_settings().sources.allow = {*base::Cidr::parse("10.0.0.0/8")};
  CHECK(ask(proxy, "GET / HTTP/1.1\r\nHost: a").status() == 403);
  CHECK(proxy.errors("source_denied") == 1);
  Proxy open;
  open.listener_settings().sources.allow = {*base::Cidr::parse("127.0.0.0/8")};
  CHECK(forward(open, "GET / HTTP/1.1\r\nHost: a").response.status() == 200);
}

TEST_CASE("groups get requests by their weights") {
  Proxy proxy;
  proxy.listener_settings().default_action = model::ForwardAction{
      .groups = {{.target_group = "app", .weight = 0}, {.target_group = "app", .weight = 5}}};
  CHECK(forward(proxy, "GET / HTTP/1.1\r\nHost: a").response.status() == 200);
}

}  // namespace weir::test
