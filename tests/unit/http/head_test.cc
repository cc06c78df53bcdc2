#include "lb/http/head.h"

#include <doctest/doctest.h>

#include <string>

#include "lb/http/problem.h"
#include "lb/http/syntax.h"

namespace weir::http {
namespace {

TEST_CASE("field names are known in any case") {
  const std::pair<std::string_view, FieldId> known[] = {
      {"te", FieldId::te},
      {"Via", FieldId::via},
      {"HOST", FieldId::host},
      {"date", FieldId::date},
      {"accept", FieldId::accept},
      {"cookie", FieldId::cookie},
      {"Server", FieldId::server},
      {"Expect", FieldId::expect},
      {"Origin", FieldId::origin},
      {"Referer", FieldId::referer},
      {"Upgrade", FieldId::upgrade},
      {"Expires", FieldId::expires},
      {"Trailer", FieldId::trailer},
      {"Location", FieldId::location},
      {"Forwarded", FieldId::forwarded},
      {"Connection", FieldId::connection},
      {"User-Agent", FieldId::user_agent},
      {"Set-Cookie", FieldId::set_cookie},
      {"Keep-Alive", FieldId::keep_alive},
      {"tracestate", FieldId::tracestate},
      {"traceparent", FieldId::traceparent},
      {"Content-Type", FieldId::content_type},
      {"X-Request-ID", FieldId::x_request_id},
      {"Proxy-Status", FieldId::proxy_status},
      {"Cache-Control", FieldId::cache_control},
      {"Authorization", FieldId::authorization},
      {"Content-Range", FieldId::content_range},
      {"Content-Length", FieldId::content_length},
      {"HTTP2-Settings", FieldId::http2_settings},
      {"X-Forwarded-For", FieldId::x_forwarded_for},
      {"X-Amzn-Trace-Id", FieldId::x_amzn_trace_id},
      {"Content-Encoding", FieldId::content_encoding},
      {"X-Forwarded-Host", FieldId::x_forwarded_host},
      {"X-Forwarded-Port", FieldId::x_forwarded_port},
      {"WWW-Authenticate", FieldId::www_authenticate},
      {"Proxy-Connection", FieldId::proxy_connection},
      {"TRANSFER-ENCODING", FieldId::transfer_encoding},
      {"X-Forwarded-Proto", FieldId::x_forwarded_proto},
      {"Proxy-Authenticate", FieldId::proxy_authenticate},
      {"Proxy-Authorization", FieldId::proxy_authorization},
      {"Proxy-Authentication-Info", FieldId::proxy_authentication_info},
  };
  for (const auto& [name, id] : known) {
    CAPTURE(name);
    CHECK(field_id(name) == id);
    CHECK(field_id(std::string(name) + "x") == FieldId::other);
    CHECK(field_id("x" + std::string(name)) == FieldId::other);
    std::string changed(name);
    changed.back() = changed.back() == 'z' ? 'y' : 'z';
    CHECK(field_id(changed) == FieldId::other);
  }
  CHECK(std::size(known) == static_cast<std::size_t>(FieldId::www_authenticate));
  CHECK(field_id("") == FieldId::other);
  CHECK(field_id("content_length") == FieldId::other);
}

TEST_CASE("a built list is a block of field lines") {
  FieldList list;
  list.add("Host", "a");
  list.add(FieldId::other, "X-Y", "");
  list.add("x-y", "2");
  CHECK(list.lines() == "Host: a\r\nX-Y: \r\nx-y: 2\r\n");
  CHECK(list.size() == 3);
  CHECK(list[0].id == FieldId::host);
  CHECK(list[1].name == "X-Y");
  CHECK(list[1].value == "");
  CHECK(list.find("X-y") == "");
  CHECK(list.find("HOST") == "a");
  CHECK(list.find(FieldId::host) == "a");
  CHECK_FALSE(list.find("X-Z"));
  CHECK_FALSE(list.find(FieldId::via));
  CHECK(list.has(FieldId::other));
  CHECK_FALSE(list.has(FieldId::via));
  list.clear();
  CHECK(list.empty());
  CHECK(list.lines().empty());
  CHECK_FALSE(list.find(FieldId::host));
}

TEST_CASE("every problem has a status and a reason of its own") {
  std::string seen = " ";
  for (unsigned i = 1; i <= static_cast<unsigned>(Problem::via_loop); ++i) {
    const ProblemTraits& row = traits(static_cast<Problem>(i));
    CAPTURE(row.reason);
    CHECK(row.status >= 400);
    CHECK(seen.find(" " + std::string(row.reason) + " ") == std::string::npos);
    CHECK_FALSE(row.proxy_error.empty());
    seen += std::string(row.reason) + " ";
  }
  CHECK(traits(Problem::duplicate_content_length).reason == "DuplicateContentLength");
  CHECK(traits(Problem::undefined_transfer_encoding_semantics).reason ==
        "UndefinedTransferEncodingSemantics");
  CHECK(traits(Problem::unsupported_version).status == 505);
  CHECK(traits(Problem::via_loop).status == 508);
  CHECK(traits(Problem::too_many_forwarded_addresses).status == 463);
}

TEST_CASE("authorities are split at the port") {
  const auto split = [](std::string_view text) {
    const Authority parts = split_authority(text);
    return std::string(parts.host) + " " + std::string(parts.port);
  };
  CHECK(split("a.example") == "a.example ");
  CHECK(split("a.example:80") == "a.example 80");
  CHECK(split("[::1]") == "[::1] ");
  CHECK(split("[::1]:80") == "[::1] 80");
  CHECK(is_authority("xn--bcher-kva.example:0"));
  CHECK(is_authority("a:"));
  CHECK(is_authority("a%20b"));
  CHECK(is_authority("[::ffff:1.2.3.4]:65535"));
}

}  // namespace
}  // namespace weir::http
