#include "lb/routing/template.h"

#include <doctest/doctest.h>

namespace weir::routing {
namespace {

using Variable = model::Template::Variable;

TEST_CASE("variables are put in as they are, and what is not set is empty") {
  TemplateValues values;
  values.set(Variable::host, "a.example");
  values.set(Variable::path, "x#{host}");
  const model::Template text{
      {{"http://", Variable::host}, {"/", Variable::path}, {"?", Variable::query}, {"!", Variable::none}}};
  std::string out = "Location: ";
  expand(text, values, out);
  CHECK(out == "Location: http://a.example/x#{host}?!");
}

}  // namespace
}  // namespace weir::routing
