#include "lb/net/tls_records.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

using weir::net::TlsRecords;

namespace {

std::vector<std::string> cut(const std::vector<std::string>& pieces, std::size_t skip, std::size_t record) {
  std::vector<iovec> parts;
  for (const std::string& piece : pieces) parts.push_back({const_cast<char*>(piece.data()), piece.size()});
  std::vector<char> room(record);
  TlsRecords records(parts, skip, room);
  std::vector<std::string> cuts;
  while (records.left() != 0) cuts.emplace_back(records.next());
  CHECK(records.next().empty());
  return cuts;
}

}  // namespace

TEST_CASE("the bytes of a write are cut into records") {
  struct Row {
    std::vector<std::string> pieces;
    std::size_t skip;
    std::vector<std::string> records;
  };
  const std::array rows{
      Row{{}, 0, {}},
      Row{{""}, 0, {}},
      Row{{"head", "body"}, 0, {"headbody"}},
      Row{{"head", "", "body"}, 0, {"headbody"}},
      Row{{"12345678"}, 0, {"12345678"}},
      Row{{"123456789"}, 0, {"12345678", "9"}},
      Row{{"head", "body of three records."}, 0, {"headbody", " of thre", "e record", "s."}},
      Row{{"12345678", "12345678"}, 0, {"12345678", "12345678"}},
      Row{{"head", "body"}, 2, {"adbody"}},
      Row{{"head", "body"}, 4, {"body"}},
      Row{{"head", "body"}, 6, {"dy"}},
      Row{{"head", "body"}, 8, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pieces);
    CAPTURE(row.skip);
    CHECK(cut(row.pieces, row.skip, 8) == row.records);
  }
}

TEST_CASE("a record that lies in one place is taken from there") {
  const std::string body(40, 'x');
  const iovec part{const_cast<char*>(body.data()), body.size()};
  std::array<char, 16> room{};
  TlsRecords records({&part, 1}, 4, room);
  CHECK(records.next().data() == body.data() + 4);
  CHECK(records.next().data() == body.data() + 20);
}
