#include "lb/admin/token.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <fstream>

#include "tests/unit/observe/temporary.h"

using weir::admin::equal_in_constant_time;
using weir::admin::read_token_file;
using weir::admin::TokenFile;

namespace {

std::expected<TokenFile, std::string> read(const std::string& path, const std::string& content,
                                           mode_t mode = 0600) {
  std::ofstream(path) << content;
  ::chmod(path.c_str(), mode);
  return read_token_file(path);
}

}  // namespace

TEST_CASE("a token is one line of a file, with or without its end") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("token");
  for (const char* content : {"s3cret-._~+/=", "s3cret-._~+/=\n", "s3cret-._~+/=\r\n"}) {
    const auto file = read(path, content);
    REQUIRE(file.has_value());
    CHECK(file->token == "s3cret-._~+/=");
    CHECK(file->warning.empty());
  }
}

TEST_CASE("a file that holds no token is refused without showing what it holds") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("token");
  struct Row {
    std::string content;
    std::string reason;
  };
  for (const Row& row : {Row{"", "is empty"}, Row{"\n", "is empty"},
                         Row{"two\nlines-of-it", "has to be one line of letters, digits and -._~+/="},
                         Row{"with a blank", "has to be one line of letters, digits and -._~+/="},
                         Row{"seven77", "has fewer than 8 characters: anybody could guess it"},
                         Row{std::string(1025, 'x'), "has more than 1024 characters"}}) {
    CAPTURE(row.content);
    CHECK(read(path, row.content).error() == "the token in " + path + " " + row.reason);
  }
  CHECK(read_token_file(directory.path("missing")).error() ==
        "cannot open " + directory.path("missing") + ": No such file or directory");
  CHECK(read_token_file(directory.path("")).error() == directory.path("") + " is not a file");
}

TEST_CASE("a token file that everybody can read works, with a warning") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("token");
  const auto file = read(path, "12345678", 0644);
  REQUIRE(file.has_value());
  CHECK(file->warning == path + " can be read by everybody: chmod o-r it");
}

TEST_CASE("texts are equal only if all of them is") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("token", "token"));
  for (const char* other : {"", "t", "toke", "tokem", "Token", "tokentoken"}) {
    CAPTURE(other);
    CHECK(!equal_in_constant_time(other, "token"));
    CHECK(!equal_in_constant_time("token", other));
  }
}
