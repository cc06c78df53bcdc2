#include "lb/observe/redaction.h"

#include <doctest/doctest.h>

namespace weir::observe {

TEST_CASE("the values of the parameters that are named are replaced, whatever the name is written like") {
  const Redaction redaction({"token", "X-Key", "a b", "user[id]"});
  struct Row {
    const char* url;
    const char* written;
  };
  for (const Row& row :
       {Row{"/", "/"},
        Row{"/token=1", "/token=1"},
        Row{"/?token=1", "/?token=REDACTED"},
        Row{"/?a=1&TOKEN=s&b=2", "/?a=1&TOKEN=REDACTED&b=2"},
        Row{"/?%74oken=s", "/?%74oken=REDACTED"},
        Row{"/?%54%4F%4b%45n=s", "/?%54%4F%4b%45n=REDACTED"},
        Row{"/?a+b=1&a%20b=2", "/?a+b=REDACTED&a%20b=REDACTED"},
        Row{"/?user%5bid%5d=7", "/?user%5bid%5d=REDACTED"},
        Row{"/?token=a=b", "/?token=REDACTED"},
        Row{"/?token=a;b=c&d=e", "/?token=REDACTED&d=e"},
        Row{"/?a=1;token=b", "/?a=1;token=REDACTED"},
        Row{"/?token&token=", "/?token&token=REDACTED"},
        Row{"/?token=1&token=2", "/?token=REDACTED&token=REDACTED"},
        Row{"/?tokens=1&xtoken=2&toke%6=3", "/?tokens=1&xtoken=2&toke%6=3"},
        Row{"http://a/b?x-key=1#c", "http://a/b?x-key=REDACTED#c"},
        Row{"/?a&&;=&token=x", "/?a&&;=&token=REDACTED"},
        Row{"?token=x", "?token=REDACTED"},
        Row{"/?token[]=1&Token%5B%5D=2&token[a][b]=3",
            "/?token[]=REDACTED&Token%5B%5D=REDACTED&token[a][b]=REDACTED"},
        Row{"/?%20token=1&++token[=2&token+=3", "/?%20token=REDACTED&++token[=REDACTED&token+=REDACTED"},
        Row{"/?[token]=1&user=2&user[name]=3&[]=4", "/?[token]=1&user=2&user[name]=3&[]=4"}}) {
    CAPTURE(row.url);
    CHECK(redaction.of_url(row.url) == row.written);
  }
}

TEST_CASE("headers that are named, and those that carry credentials, are never written") {
  const Redaction redaction({"x-key"});
  CHECK(redaction.of_header("X-KEY", "1") == "REDACTED");
  CHECK(redaction.of_header("X-Other", "1") == "1");
  for (const char* const name : {"Cookie", "authorization", "Set-Cookie", "Proxy-Authorization"}) {
    CHECK(Redaction().of_header(name, "1") == "REDACTED");
  }
}

TEST_CASE("a record says nothing of what is redacted") {
  AccessRecord record;
  record.request_target = "/?a=1&b=2";
  record.redirect_url = "https://x/?b=2";
  record.user_agent = "curl";
  record.request_id = "id";
  record.trace_id = "trace";
  const http::TraceIds ids;
  record.own_ids = &ids;
  std::string scratch[2];
  AccessRecord other = record;
  Redaction().apply(other, scratch);
  CHECK(other.request_target == "/?a=1&b=2");
  Redaction({"b", "User-Agent", "X-Request-Id", "X-Amzn-Trace-Id"}).apply(record, scratch);
  CHECK(record.request_target == "/?a=1&b=REDACTED");
  CHECK(record.redirect_url == "https://x/?b=REDACTED");
  CHECK(record.user_agent == "REDACTED");
  CHECK(record.request_id == "REDACTED");
  CHECK(record.trace_id == "REDACTED");
  CHECK(record.own_ids == nullptr);
  other.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";  // of W3C
  Redaction({"Traceparent"}).apply(other, scratch);
  CHECK(other.trace_id == "REDACTED");
}

TEST_CASE("the authority of a CONNECT is redacted, too") {
  AccessRecord record;
  record.method = "CONNECT";
  record.authority = record.request_target = "h:1?token=SEC30";
  record.redirect_url = "https://x/?token=1";
  std::string scratch[2];
  Redaction({"token"}).apply(record, scratch);
  CHECK(record.authority == "h:1?token=REDACTED");
  CHECK(record.request_target == "h:1?token=REDACTED");
  CHECK(record.redirect_url == "https://x/?token=REDACTED");

  record.authority = "a.example:80";
  record.request_target = "/?token=1";
  Redaction({"token"}).apply(record, scratch);
  CHECK(record.authority == "a.example:80");
  CHECK(record.request_target == "/?token=REDACTED");
}

}  // namespace weir::observe
