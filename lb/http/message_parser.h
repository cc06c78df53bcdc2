#pragma once

#include <llhttp.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lb/http/head.h"
#include "lb/http/limits.h"
#include "lb/http/problem.h"

// What RequestParser and ResponseParser have in common: everything but the meaning of the head.
// llhttp reads heads and chunked content; it is stopped at the end of the head, and content of a
// known length or until close never passes through it. A head that is whole and plain goes by
// plain_head.h instead; llhttp then joins in where the chunks begin, if there are any.
namespace weir::http {

// What one call of next() came to.
struct Step {
  enum class Kind : std::uint8_t {
    need_more,  // all input is taken; feed the next bytes
    head,       // the head is complete: see head()
    body,       // `body` is a piece of content (transfer coding removed); a view into the input
    end,        // the message is complete; trailers() holds what came behind a chunked body
    failed,     // problem() says why; the parser takes nothing more until reset()
  };
  Kind kind = Kind::need_more;
  std::size_t consumed = 0;  // bytes of the input that are done with
  std::string_view body;
};

class MessageParser {
 public:
  MessageParser(const MessageParser&) = delete;
  MessageParser& operator=(const MessageParser&) = delete;

  // From the next message on. For parsers that are kept for other connections.
  void set_limits(const ParserLimits& limits);

  // Between messages: not one byte of the next one has been seen. Empty lines before a request
  // (RFC 9112 2.2) are not of it.
  bool idle() const { return phase_ == Phase::idle; }
  bool in_head() const { return phase_ == Phase::head || phase_ == Phase::diagnosis; }
  const Problem& problem() const { return problem_; }
  // What came behind a chunked body: made by FieldList::add(), so that lines() works.
  const FieldList& trailers() const;

  // Bytes of a body of known length or until close may bypass the parser (splice): after the head
  // step, body_left() is how many bytes are content (UINT64_MAX until close, 0 for chunked), and
  // skip_body(n) says that n of them, at most body_left(), went another way. next() yields `end`
  // when none is left.
  std::uint64_t body_left() const;
  void skip_body(std::uint64_t bytes);

 protected:
  enum class Phase : std::uint8_t {
    idle,
    head,
    diagnosis,
    no_content,
    length,
    until_close,
    chunked,
    ended,
    failed
  };

  // `fields` is where the fields of the head go; it outlives the parser.
  MessageParser(llhttp_type_t type, const ParserLimits& limits, FieldList& fields);
  ~MessageParser();

  void start_message();
  Step next_in_head(std::string_view input);
  Step next_in_content(std::string_view input);
  void begin_content(const Body& body);
  void note_plain_head() { plain_ = true; }
  // Whether llhttp, if it has read this head, finds chunked content behind it.
  bool chunks_are_certain() const { return plain_ || (llhttp_.flags & F_CHUNKED) != 0; }
  const ParserLimits& limits() const { return limits_; }
  Step fail(Problem problem, std::size_t consumed);

  // The request target or the reason phrase, and the place in the head where it begins.
  Extent start_line_part() const { return {part_, part_size_}; }
  const llhttp_t& llhttp() const { return llhttp_; }

  Phase phase_ = Phase::idle;

 private:
  struct Callbacks;
  struct Trailers;
  static const llhttp_settings_t kSettings;
  static llhttp_t make_llhttp(llhttp_type_t type, std::string_view head);
  static const llhttp_t& at_message_start(llhttp_type_t type);
  static const llhttp_t& at_chunks(llhttp_type_t type);
  void set_llhttp(const llhttp_t& state);

  Step refuse_head(llhttp_errno_t error, std::string_view rest, std::size_t consumed);
  Problem head_problem(llhttp_errno_t error, char next) const;
  Problem version_problem() const;
  std::string_view after_method() const;
  bool target_is_too_long() const;
  bool target_is_ambiguous(char next) const;
  bool in_name() const;
  Step diagnose(std::string_view input, std::size_t consumed);
  Problem diagnosis(std::string_view text) const;
  Step next_in_chunked(std::string_view input);
  bool finish_trailer();
  bool in_trailers() const { return (llhttp_.flags & F_TRAILING) != 0; }
  bool overhead_is_too_much() const;
  std::uint32_t place_of(const char* at) const;

  llhttp_type_t type_;
  bool plain_ = false;    // the head has not passed through llhttp
  bool in_value_ = true;  // of the field that is being read
  Problem problem_ = Problem::none;
  std::uint16_t name_size_ = 0;
  std::uint32_t name_ = 0;
  std::uint32_t part_ = 0;
  std::uint32_t part_size_ = 0;
  std::uint32_t head_size_ = 0;  // bytes of the head in earlier inputs
  std::uint32_t diagnosis_from_ = 0;
  const char* input_ = nullptr;
  FieldList& fields_;
  std::string_view piece_;
  std::uint64_t left_ = 0;      // of a body of known length
  std::uint64_t overhead_ = 0;  // bytes of chunked coding since the last byte of content
  std::unique_ptr<Trailers> trailers_;
  ParserLimits limits_;
  llhttp_t llhttp_{};
};

}  // namespace weir::http
