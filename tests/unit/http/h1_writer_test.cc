#include "lb/http/h1_writer.h"

#include <doctest/doctest.h>

#include <string>

namespace weir::http {
namespace {

OutgoingRequest request(std::string_view method_text, Method method) {
  OutgoingRequest head;
  head.method = method;
  head.method_text = method_text;
  head.target = "/x";
  head.fields.add("Host", "a");
  return head;
}

std::string written(const OutgoingRequest& head, Connection connection = Connection::keep) {
  std::string out = "before ";
  write_request_head(out, head, connection);
  return out.substr(7);
}

std::string written(const OutgoingResponse& head, const ResponseTo& to = {}) {
  std::string out;
  write_response_head(out, head, to);
  return out;
}

TEST_CASE("a request head is written with its fields and framing") {
  const std::string start = "GET /x HTTP/1.1\r\nHost: a\r\n";
  OutgoingRequest head = request("GET", Method::get);
  CHECK(written(head) == start + "\r\n");
  CHECK(written(head, Connection::close) == start + "Connection: close\r\n\r\n");
  head.fields.add("Upgrade", "websocket");
  CHECK(written(head, Connection::upgrade) == start + "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n");
  head = request("GET", Method::get);
  head.accepts_trailers = true;
  CHECK(written(head) == start + "TE: trailers\r\nConnection: TE\r\n\r\n");
  CHECK(written(head, Connection::close) == start + "TE: trailers\r\nConnection: close, TE\r\n\r\n");
  head = request("GET", Method::get);
  head.body = {Body::Kind::length, 18446744073709551615U};
  CHECK(written(head) == start + "Content-Length: 18446744073709551615\r\n\r\n");
  head.body = {Body::Kind::chunked, 0};
  CHECK(written(head) == start + "Transfer-Encoding: chunked\r\n\r\n");
}

TEST_CASE("the absence of content is said where content is expected") {
  CHECK(written(request("POST", Method::post)) == "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  CHECK(written(request("DELETE", Method::delete_)) == "DELETE /x HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST_CASE("a response head is written with its fields and framing") {
  const std::string start = "HTTP/1.1 200 OK\r\nServer: s\r\n";
  OutgoingResponse head;
  head.fields.add("Server", "s");
  CHECK(written(head) == start + "Content-Length: 0\r\n\r\n");
  CHECK(written(head, {.connection = Connection::close}) ==
        start + "Content-Length: 0\r\nConnection: close\r\n\r\n");
  CHECK(written(head, {.version_minor = 0}) == start + "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  head.body = {Body::Kind::length, 7};
  CHECK(written(head) == start + "Content-Length: 7\r\n\r\n");
  head.body = {Body::Kind::chunked, 0};
  CHECK(written(head) == start + "Transfer-Encoding: chunked\r\n\r\n");
  CHECK(written(head, {.version_minor = 0}) == start + "Connection: close\r\n\r\n");
  head.body = {Body::Kind::until_close, 0};
  CHECK(written(head) == start + "Transfer-Encoding: chunked\r\n\r\n");
  CHECK(written(head, {.version_minor = 0}) == start + "Connection: close\r\n\r\n");
  head.reason = "Fine";
  head.body = {};
  CHECK(written(head).starts_with("HTTP/1.1 200 Fine\r\n"));
  head.reason = {};
  head.status = 299;
  CHECK(written(head).starts_with("HTTP/1.1 299 \r\n"));
}

TEST_CASE("responses without content say nothing of their own about its length") {
  OutgoingResponse head;
  head.status = 304;
  head.fields.add("Content-Length", "5");
  CHECK(written(head) == "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  head.status = 200;
  CHECK(written(head, {.head_request = true}) == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  head.fields.clear();
  head.status = 204;
  CHECK(written(head) == "HTTP/1.1 204 No Content\r\n\r\n");
  head.status = 103;
  CHECK(written(head) == "HTTP/1.1 103 Early Hints\r\n\r\n");
  CHECK(written(head, {.version_minor = 0, .connection = Connection::close}) ==
        "HTTP/1.1 103 Early Hints\r\n\r\n");
  head.status = 101;
  head.fields.add("Upgrade", "websocket");
  CHECK(written(head, {.connection = Connection::upgrade}) ==
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
}

TEST_CASE("chunks are framed") {
  char line[kChunkSizeBytes];
  CHECK(std::string(line, write_chunk_size(line, 1)) == "1\r\n");
  CHECK(std::string(line, write_chunk_size(line, 0xabc)) == "abc\r\n");
  CHECK(std::string(line, write_chunk_size(line, UINT64_MAX)) == "ffffffffffffffff\r\n");
  std::string out;
  write_last_chunk(out, {});
  CHECK(out == kLastChunk);
  FieldList trailers;
  trailers.add("Sum", "1");
  out.clear();
  write_last_chunk(out, trailers);
  CHECK(out == "0\r\nSum: 1\r\n\r\n");
}

}  // namespace
}  // namespace weir::http
