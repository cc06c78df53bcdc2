#include "lb/http/trace_context.h"

#include <doctest/doctest.h>

#include <string>

namespace weir::http {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736";
const std::string kSpan = "00f067aa0ba902b7";

std::string text_of(const TraceParentText& text) { return {text.data(), text.size()}; }

}  // namespace

TEST_CASE("a traceparent says whose trace it is, and whether that is sampled") {
  struct Row {
    std::string flags;
    bool sampled;
  };
  const Row rows[] = {{"00", false}, {"01", true},  {"02", false}, {"03", true},
                      {"ff", true},  {"0e", false}, {"a1", true}};
  for (const Row& row : rows) {
    CAPTURE(row.flags);
    const std::string text = "00-" + kTrace + "-" + kSpan + "-" + row.flags;
    REQUIRE(is_traceparent(text));
    const TraceParent parent = read_traceparent(text);
    CHECK(parent.trace_id == kTrace);
    CHECK(parent.span_id == kSpan);
    CHECK(parent.sampled == row.sampled);
  }
}

TEST_CASE("a traceparent is written in version 00 with no other flag, and reads the same") {
  for (const bool sampled : {false, true}) {
    const std::string text = text_of(write_traceparent({kTrace, kSpan, sampled}));
    CHECK(text == "00-" + kTrace + "-" + kSpan + (sampled ? "-01" : "-00"));
    CHECK(is_traceparent(text));
    CHECK(read_traceparent(text).sampled == sampled);
  }
}

TEST_CASE("one valid traceparent is found, and none where there are two or it is wrong") {
  const std::string valid = "00-" + kTrace + "-" + kSpan + "-01";
  FieldList fields;
  CHECK(find_traceparent(fields).empty());
  fields.add(FieldId::host, "Host", "a");
  fields.add(FieldId::traceparent, "traceparent", valid);
  CHECK(find_traceparent(fields) == valid);
  fields.add(FieldId::traceparent, "traceparent", valid);
  CHECK(find_traceparent(fields).empty());
  FieldList wrong;
  wrong.add(FieldId::traceparent, "traceparent", valid.substr(1));
  CHECK(find_traceparent(wrong).empty());
}

}  // namespace weir::http
