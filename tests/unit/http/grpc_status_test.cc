#include "lb/http/grpc_status.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "lb/http/syntax.h"

using namespace std::string_literals;

namespace weir::http {

TEST_CASE("gRPC is told by its content type, and gRPC-Web is another protocol") {
  for (const std::string_view type :
       {"application/grpc", "application/grpc+proto", "application/grpc+json", "Application/GRPC",
        "application/grpc;charset=utf-8", "application/grpc ; a=b", "application/grpc+proto; a=b"}) {
    CAPTURE(type);
    CHECK(is_grpc(type));
  }
  for (const std::string_view type :
       {"", "application/grp", "application/grpc+", "application/grpc-web", "application/grpc-web+proto",
        "application/grpcx", "application/json", "text/application/grpc", "application/grpc proto"}) {
    CAPTURE(type);
    CHECK_FALSE(is_grpc(type));
  }
}

TEST_CASE("every status has its number and its name") {
  CHECK(word(GrpcStatus::ok) == "OK");
  CHECK(word(GrpcStatus::deadline_exceeded) == "DEADLINE_EXCEEDED");
  CHECK(word(GrpcStatus::unauthenticated) == "UNAUTHENTICATED");
  CHECK(static_cast<int>(GrpcStatus::unimplemented) == 12);
  CHECK(static_cast<int>(GrpcStatus::unavailable) == 14);
  CHECK(grpc_status_word(0) == "OK");
  CHECK(grpc_status_word(12) == "UNIMPLEMENTED");
  CHECK(grpc_status_word(16) == "UNAUTHENTICATED");
  CHECK(grpc_status_word(17) == "UNRECOGNIZED");
  CHECK(grpc_status_word(999) == "UNRECOGNIZED");
}

TEST_CASE("some statuses say that the server failed") {
  for (std::uint16_t number = 0; number < 1000; ++number) {
    CAPTURE(number);
    const bool failure =
        number == 2 || number == 4 || number == 12 || number == 13 || number == 14 || number == 15;
    CHECK(is_server_failure(number) == failure);
  }
}

TEST_CASE("a grpc-status is a small number and nothing else") {
  CHECK(read_grpc_status("0") == 0);
  CHECK(read_grpc_status("16") == 16);
  CHECK(read_grpc_status("99") == 99);
  CHECK(read_grpc_status("999") == 999);
  for (const std::string_view value : {"", " 0", "0 ", "-1", "+1", "1000", "OK", "0x1", "1,2"}) {
    CAPTURE(value);
    CHECK_FALSE(read_grpc_status(value).has_value());
  }
}

TEST_CASE("a status of HTTP stands for one of gRPC") {
  struct Row {
    std::uint16_t http;
    GrpcStatus answer;
    GrpcStatus own;
  };
  const Row rows[] = {
      {200, GrpcStatus::unknown, GrpcStatus::unknown},
      {301, GrpcStatus::unknown, GrpcStatus::unknown},
      {400, GrpcStatus::internal, GrpcStatus::internal},
      {401, GrpcStatus::unauthenticated, GrpcStatus::unauthenticated},
      {403, GrpcStatus::permission_denied, GrpcStatus::permission_denied},
      {404, GrpcStatus::unimplemented, GrpcStatus::unimplemented},
      {405, GrpcStatus::unknown, GrpcStatus::unimplemented},
      {408, GrpcStatus::unknown, GrpcStatus::cancelled},
      {413, GrpcStatus::unknown, GrpcStatus::resource_exhausted},
      {414, GrpcStatus::unknown, GrpcStatus::internal},
      {417, GrpcStatus::unknown, GrpcStatus::internal},
      {429, GrpcStatus::unavailable, GrpcStatus::unavailable},
      {431, GrpcStatus::internal, GrpcStatus::internal},
      {463, GrpcStatus::unknown, GrpcStatus::internal},
      {500, GrpcStatus::unknown, GrpcStatus::internal},
      {501, GrpcStatus::unknown, GrpcStatus::unimplemented},
      {502, GrpcStatus::unavailable, GrpcStatus::unavailable},
      {503, GrpcStatus::unavailable, GrpcStatus::unavailable},
      {504, GrpcStatus::unavailable, GrpcStatus::unavailable},
      {505, GrpcStatus::unknown, GrpcStatus::internal},
      {508, GrpcStatus::unknown, GrpcStatus::internal},
      {599, GrpcStatus::unknown, GrpcStatus::unknown},
  };
  for (const Row& row : rows) {
    CAPTURE(row.http);
    CHECK(word(grpc_status_of_answer(row.http)) == word(row.answer));
    CHECK(word(grpc_status_of_own(row.http)) == word(row.own));
  }
}

TEST_CASE("a grpc-message is encoded so that it is a field value, and decoded again") {
  struct Row {
    std::string message;
    std::string_view value;
  };
  const Row rows[] = {
      {"", ""},
      {"no target", "no target"},
      {"~!#$&'\"\\", "~!#$&'\"\\"},
      {"100%", "100%25"},
      {"a\r\nb\0c"s, "a%0D%0Ab%00c"},
      {"\t\x7f", "%09%7F"},
      {"\xc3\xa9\xff", "%C3%A9%FF"},
      {" a b ", "%20a b%20"},
      {" ", "%20"},
      {"%41", "%2541"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.value);
    CHECK(encode_grpc_message(row.message) == row.value);
    CHECK(decode_grpc_message(row.value) == row.message);
  }
  for (int byte = 0; byte < 256; ++byte) {
    const std::string message(3, static_cast<char>(byte));
    CHECK(is_field_value(encode_grpc_message(message)));
    CHECK(decode_grpc_message(encode_grpc_message(message)) == message);
  }
}

TEST_CASE("a grpc-message that is not properly encoded is decoded as far as it goes") {
  CHECK(decode_grpc_message("%") == "%");
  CHECK(decode_grpc_message("%4") == "%4");
  CHECK(decode_grpc_message("%4g%41") == "%4gA");
  CHECK(decode_grpc_message("%g4") == "%g4");
  CHECK(decode_grpc_message("%%41") == "%A");
  CHECK(decode_grpc_message("%c3%a9") == "\xc3\xa9");
}

TEST_CASE("a grpc-message is bounded") {
  CHECK(encode_grpc_message(std::string(5000, 'a')).size() == kGrpcMessageBytes);
  CHECK(encode_grpc_message("abc", 2) == "ab");
  CHECK(encode_grpc_message("a bc", 2) == "a%20");
  CHECK(decode_grpc_message(std::string(5000, 'a')).size() == kGrpcMessageBytes);
  CHECK(decode_grpc_message("%41%42%43", 2) == "AB");
}

}  // namespace weir::http
