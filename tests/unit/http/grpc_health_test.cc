#include "lb/http/grpc_health.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "lb/base/random.h"
#include "lb/base/text.h"

using namespace std::string_literals;

namespace weir::http {
namespace {

using Result = std::expected<GrpcServing, GrpcMessageProblem>;
using MessageProblem = GrpcMessageProblem;

Result read(std::string_view content) {
  // A heap block of exactly this size, so that a sanitizer sees a read past its end.
  const std::vector<char> block(content.begin(), content.end());
  return read_grpc_health({block.data(), block.size()});
}

std::string framed(const std::string& message) {
  const std::size_t size = message.size();
  return "\0\0\0"s + static_cast<char>(size >> 8) + static_cast<char>(size & 0xff) + message;
}

}  // namespace

TEST_CASE("a health request names its service behind five bytes") {
  CHECK(grpc_health_request("") == "\0\0\0\0\0"s);
  CHECK(grpc_health_request("a.B") == "\0\0\0\0\x05\x0a\x03"s + "a.B");
  const std::string name(300, 'n');
  CHECK(grpc_health_request(name) == "\0\0\0\x01\x2f\x0a\xac\x02"s + name);
}

TEST_CASE("the status of a health answer is read, and unknown fields are passed over") {
  struct Row {
    std::string message;
    std::string_view status;
  };
  const Row rows[] = {
      {"\x08\x01"s, "SERVING"},
      {"\x08\x02"s, "NOT_SERVING"},
      {"\x08\x03"s, "SERVICE_UNKNOWN"},
      {"\x08\x00"s, "UNKNOWN"},
      {"", "UNKNOWN"},
      {"\x08\x04"s, "UNRECOGNIZED"},
      {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s, "UNRECOGNIZED"},
      {"\x08\x81\x00"s, "SERVING"},
      {"\x08\x02\x08\x01"s, "SERVING"},
      {"\x10\x02\x08\x01"s, "SERVING"},
      {"\x12\x03xyz\x08\x01"s, "SERVING"},
      {"\x1d\x01\x02\x03\x04\x08\x01"s, "SERVING"},
      {"\x19\x01\x02\x03\x04\x05\x06\x07\x08\x08\x01"s, "SERVING"},
      {"\x08\x01\xa2\x06\x00"s, "SERVING"},
      {"\x0a\x01\x02\x08\x01"s, "SERVING"},  // field 1 of another type is another field
  };
  for (const Row& row : rows) {
    CAPTURE(base::escape(row.message));
    const Result status = read(framed(row.message));
    REQUIRE(status.has_value());
    CHECK(word(*status) == row.status);
  }
}

TEST_CASE("content that is no health answer has a problem") {
  struct Row {
    std::string content;
    MessageProblem problem;
  };
  const Row rows[] = {
      {"", MessageProblem::incomplete},
      {"\0\0\0\0"s, MessageProblem::incomplete},
      {"\0\0\0\0\x02\x08"s, MessageProblem::incomplete},
      {"\0\0\0\0\x02\x08\x01\0"s, MessageProblem::surplus},
      {framed("\x08\x01") + framed("\x08\x01"), MessageProblem::surplus},
      {"\x01\0\0\0\x02\x08\x01"s, MessageProblem::compressed},
      {"\x02\0\0\0\x02\x08\x01"s, MessageProblem::malformed},
      {"\0\xff\xff\xff\xff\x08\x01"s, MessageProblem::too_large},
      {"\0\0\0\x0f\xfc"s, MessageProblem::too_large},
      {"\0\0\0\x0f\xfb"s, MessageProblem::incomplete},
      {std::string(kGrpcHealthBytes + 1, '\0'), MessageProblem::too_large},
      {framed("\x08"), MessageProblem::malformed},
      {framed("\x08\x80"), MessageProblem::malformed},
      {framed("\x08" + std::string(10, '\xff') + "\x01"), MessageProblem::malformed},
      {framed(std::string(10, '\xff') + "\x01\x01"), MessageProblem::malformed},
      {framed("\x00\x01"s), MessageProblem::malformed},
      {framed("\x80\x80\x80\x80\x10\x01"s), MessageProblem::malformed},
      {framed("\x12\x03xy"), MessageProblem::malformed},
      {framed("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01xy"), MessageProblem::malformed},
      {framed("\x12"), MessageProblem::malformed},
      {framed("\x1d\x01\x02\x03"s), MessageProblem::malformed},
      {framed("\x19\x01\x02\x03\x04\x05\x06\x07"s), MessageProblem::malformed},
      {framed("\x0b\x0c"), MessageProblem::malformed},
      {framed("\x0f\x01"), MessageProblem::malformed},
  };
  for (const Row& row : rows) {
    CAPTURE(base::escape(row.content));
    const Result status = read(row.content);
    REQUIRE_FALSE(status.has_value());
    CHECK(word(status.error()) == word(row.problem));
  }
}

TEST_CASE("a health answer of the largest size is read") {
  const std::size_t padding = kGrpcHealthBytes - 5 - 2 - 3;
  const std::string size{static_cast<char>(0x80 | (padding & 0x7f)), static_cast<char>(padding >> 7)};
  const std::string content = framed("\x08\x01\x12" + size + std::string(padding, 'x'));
  REQUIRE(content.size() == kGrpcHealthBytes);
  CHECK(read(content) == GrpcServing::serving);
}

TEST_CASE("every cut of a health answer is incomplete") {
  const std::string content = framed("\x08\x01\x12\x03xyz");
  for (std::size_t size = 0; size < content.size(); ++size) {
    CHECK(read(content.substr(0, size)).error() == MessageProblem::incomplete);
  }
}

TEST_CASE("no bytes make the reader of health answers leave them") {
  base::Random random(1);
  unsigned whole = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string message(random.below(24), '\0');
    for (char& c : message) c = static_cast<char>(random.next());
    if (read(framed(message))) ++whole;
  }
  CHECK(whole > 0);
  CHECK(whole < 20'000);
}

}  // namespace weir::http
