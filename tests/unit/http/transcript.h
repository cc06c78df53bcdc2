#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "lb/http/parser.h"

// Runs a parser over a whole connection and writes down what came out, one line an event; the same
// for any way in which the bytes are cut.
namespace weir::http::test {

inline std::string show(const Body& body) {
  switch (body.kind) {
    case Body::Kind::none: return "none";
    case Body::Kind::length: return fmt::format("length {}", body.length);
    case Body::Kind::chunked: return "chunked";
    case Body::Kind::until_close: return "until_close";
  }
  return "?";
}

inline std::string show(const FieldList& fields) {
  std::string text;
  for (std::size_t i = 0; i < fields.size(); ++i)
    text += fmt::format(" [{}={}]", fields[i].name, fields[i].value);
  return text;
}

inline std::string show(const RequestHead& head) {
  return fmt::format("{} {} at {} 1.{} {}{}{}{}{}", head.method_text(), head.target(), head.authority(),
                     head.version_minor, show(head.body), head.keep_alive ? " keep" : " close",
                     head.expect_continue ? " expect" : "", head.accepts_trailers ? " trailers" : "",
                     show(head.fields));
}

inline std::string show(const ResponseHead& head) {
  return fmt::format("{} {} 1.{} {}{}{}", head.status, head.reason(), head.version_minor, show(head.body),
                     head.keep_alive ? " keep" : " close", show(head.fields));
}

class Transcript {
 public:
  // The events of all messages in `pieces`, ending with the first failure.
  template <class Parser>
  std::string run(Parser& parser, const std::vector<std::string_view>& pieces) {
    for (const std::string_view piece : pieces) {
      if (!feed(parser, piece)) return text_;
    }
    flush();
    return text_;
  }
  std::size_t consumed() const { return consumed_; }
  std::string text() {
    flush();
    return text_;
  }

  template <class Parser>
  bool feed(Parser& parser, std::string_view piece) {
    while (true) {
      const Step step = parser.next(piece);
      consumed_ += step.consumed;
      piece.remove_prefix(step.consumed);
      if (step.kind == Step::Kind::body) content_ += step.body;
      if (step.kind == Step::Kind::head) text_ += "head " + show(parser.head()) + "\n";
      if (step.kind == Step::Kind::need_more) return true;
      if (step.kind == Step::Kind::end) {
        flush();
        text_ += "end" + show(parser.trailers()) + "\n";
        parser.reset();
        if (piece.empty()) return true;
      }
      if (step.kind == Step::Kind::failed) {
        flush();
        text_ += fmt::format("failed {}\n", traits(parser.problem()).reason);
        return false;
      }
    }
  }

 private:
  void flush() {
    if (!content_.empty()) text_ += fmt::format("body {}\n", content_);
    content_.clear();
  }

  std::string text_;
  std::string content_;
  std::size_t consumed_ = 0;
};

inline std::string read_request(std::string_view bytes, const ParserLimits& limits = {}) {
  RequestParser parser(limits);
  return Transcript().run(parser, {bytes});
}

inline std::string read_response(std::string_view bytes, Method method = Method::get) {
  ResponseParser parser({});
  parser.expect(method);
  return Transcript().run(parser, {bytes});
}

}  // namespace weir::http::test
