#include "config/keys/http_values.h"
#include "config/keys/scalars.h"
#include "config/keys/tables.h"
#include "config/keys/texts.h"

namespace weir::config {

using model::RoutingTest;
using model::Snapshot;

namespace {

Codec<base::IpAddress> ip() {
  return {.expected = "an IP address",
          .read = [](const Value& value) -> std::optional<base::IpAddress> {
            const auto text = value.text("an IP address");
            if (!text) return std::nullopt;
            auto address = base::IpAddress::parse(*text);
            if (address) return *address;
            value.report().add<Message::address_ip>(value.where(), shown(*text));
            return std::nullopt;
          },
          .write = [](const base::IpAddress& address) { return Json(address.to_string()); },
          .schema = scalar_schema({{"type", "string"}})};
}

// A key that a test may leave out.
template <class V>
Field<RoutingTest> may(const std::string& key, const std::string& doc, std::optional<V> RoutingTest::* member,
                       Codec<V> codec) {
  return {.key = key,
          .doc = doc,
          .read = [member, read = codec.read](const Value& value,
                                              RoutingTest& test) { test.*member = read(value); },
          .write = [member, write = codec.write](
                       const RoutingTest& test) { return test.*member ? write(*(test.*member)) : Json(); },
          .schema = std::move(codec.schema)};
}

const Table<RoutingTest>& request_table() {
  static const Table<RoutingTest> table{
      .doc = "A request",
      .fields = {
          required(field("url", "http://HOST[:PORT]/PATH[?QUERY]", &RoutingTest::url, request_url())),
          field("method", "Of the request", &RoutingTest::method, any_method()),
          field("headers", "Its headers", &RoutingTest::headers,
                fields_of(field_value(), FieldNames::settable)),
          may("from", "The address of the client; 127.0.0.1 if left out", &RoutingTest::from, ip()),
          placed(&RoutingTest::listener_place,
                 field("listener", "Left out: the one with the port of the URL, or the only one",
                       &RoutingTest::listener, off_as<std::string>("", name()))),
      }};
  return table;
}

const Table<RoutingTest>& expected_route_table() {
  static const Table<RoutingTest> table{
      .doc = "What becomes of it",
      .fields = {
          may("rule", "The name of the rule; 'default' is the default action", &RoutingTest::rule, name()),
          placed(&RoutingTest::target_group_place,
                 may("group", "The target group, or one of them", &RoutingTest::target_group, group_name())),
          may("redirect", "The whole Location", &RoutingTest::redirect,
              free_text("a URL", {{"type", "string"}})),
          may("respond", "The status of weir's own answer", &RoutingTest::respond, number16(200, 599)),
      }};
  return table;
}

// Of a test that expects nothing none could fail.
Field<RoutingTest> not_empty(Field<RoutingTest> part) {
  part.read = [read = std::move(part.read)](const Value& value, RoutingTest& test) {
    read(value, test);
    if (value.kind() == Node::Kind::map && value.node().entries.empty())
      value.report().add<Message::empty_list>(value.where());
  };
  part.schema["minProperties"] = 1;
  return part;
}

// A part of a test as a section of its own.
Field<RoutingTest> part(const std::string& key, const Table<RoutingTest>& table) {
  return {.key = key,
          .doc = table.doc,
          .read = [&table](const Value& value, RoutingTest& test) { read_table(table, value, test); },
          .write = [&table](const RoutingTest& test) { return write_table(table, test); },
          .schema = schema_of(table)};
}

const Table<RoutingTest>& test_table() {
  static const Table<RoutingTest> table{
      .doc = "A request, and what the rules should make of it",
      .fields = {required(part("request", request_table())),
                 required(not_empty(part("expect", expected_route_table())))}};
  return table;
}

}  // namespace

Field<Snapshot> routing_tests_field() {
  auto codec = section_codec(test_table());
  codec.read = [read = codec.read](const Value& value) {
    auto test = read(value);
    if (test) test->place = value.place();
    return test;
  };
  return field("tests", "Requests that `weir check` holds against the rules", &Snapshot::tests,
               list_of(std::move(codec)));
}

}  // namespace weir::config
