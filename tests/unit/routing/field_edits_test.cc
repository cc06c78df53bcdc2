#include "lb/routing/field_edits.h"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace weir::routing {
namespace {

using Variable = model::Template::Variable;

model::Template text(std::string_view written) {
  static constexpr std::array kAll = {Variable::client, Variable::zone};
  return *model::parse_template(written, kAll);
}

http::FieldList some_fields() {
  http::FieldList fields;
  fields.add("Accept", "*/*");
  fields.add("X-Secret", "one");
  fields.add("x-secret", "two");
  fields.add("X-Zone", "theirs");
  return fields;
}

struct Edited {
  bool done = false;
  std::string lines;
};

Edited edited(const model::FieldEdits& edits, std::string_view zone = "az-1") {
  TemplateValues values;
  values.set(Variable::client, "10.0.0.1");
  values.set(Variable::zone, zone);
  http::FieldList fields = some_fields();
  http::FieldList spare;
  const bool done = edit_fields(edits, values, fields, spare);
  return {done, std::string(fields.lines())};
}

}  // namespace

TEST_CASE("fields are removed by name in either case, then set, then added") {
  model::FieldEdits edits;
  edits.remove = {"x-secret"};
  edits.set = {{"x-zone", text("#{zone}")}};
  edits.add = {{"Accept", text("text/html")}, {"X-Secret", text("of #{client}")}};
  const Edited result = edited(edits);
  CHECK(result.done);
  CHECK(result.lines == "Accept: */*\r\nx-zone: az-1\r\nAccept: text/html\r\nX-Secret: of 10.0.0.1\r\n");
}

TEST_CASE("a value that a variable makes impossible is refused") {
  model::FieldEdits edits;
  edits.set = {{"x-zone", text("#{zone}")}};
  CHECK_FALSE(edited(edits, "a\r\nx-evil: 1").done);
  CHECK(edited(edits, "").done);
}

}  // namespace weir::routing
