#include "lb/http/message_parser.h"

#include <algorithm>
#include <limits>

#include "lb/http/trailers.h"

namespace weir::http {
namespace {

// Places in a head are 32-bit numbers.
constexpr std::uint64_t kMostHeadBytes = std::uint64_t{1} << 30;
// What a chunk size, its extensions and line ends may take (RFC 9112 7.1.1 asks for such a bound).
constexpr std::uint64_t kMostChunkOverhead = 4 * 1024;

}  // namespace

MessageParser::MessageParser(llhttp_type_t type, const ParserLimits& limits, FieldList& fields)
    : type_(type), fields_(fields) {
  set_limits(limits);
}

MessageParser::~MessageParser() = default;

void MessageParser::set_limits(const ParserLimits& limits) {
  limits_ = limits;
  limits_.head_bytes = std::min(limits_.head_bytes, kMostHeadBytes);
}

void MessageParser::set_llhttp(const llhttp_t& state) {
  llhttp_ = state;
  llhttp_.data = this;
}

const FieldList& MessageParser::trailers() const {
  static const FieldList none;
  return trailers_ ? trailers_->fields : none;
}

std::uint64_t MessageParser::body_left() const {
  if (phase_ == Phase::until_close) return std::numeric_limits<std::uint64_t>::max();
  return phase_ == Phase::length ? left_ : 0;
}

void MessageParser::skip_body(std::uint64_t bytes) {
  if (phase_ == Phase::length) left_ -= std::min(bytes, left_);
}

void MessageParser::start_message() {
  phase_ = Phase::idle;
  problem_ = Problem::none;
  in_value_ = true;
  part_ = part_size_ = 0;
  head_size_ = 0;
  left_ = overhead_ = 0;
  trailers_.reset();
  plain_ = false;
}

Step MessageParser::fail(Problem problem, std::size_t consumed) {
  phase_ = Phase::failed;
  problem_ = problem;
  return {Step::Kind::failed, consumed, {}};
}

std::uint32_t MessageParser::place_of(const char* at) const {
  return head_size_ + static_cast<std::uint32_t>(at - input_);
}

Step MessageParser::next_in_head(std::string_view input) {
  if (phase_ == Phase::diagnosis) return diagnose(input, 0);
  if (phase_ == Phase::idle) set_llhttp(at_message_start(type_));
  phase_ = Phase::head;
  const std::size_t room = limits_.head_bytes - head_size_;
  input_ = input.data();
  const std::size_t fed = std::min(input.size(), room);
  const llhttp_errno_t error = llhttp_execute(&llhttp_, input_, fed);
  const std::size_t taken = error == HPE_OK ? fed : static_cast<std::size_t>(llhttp_.error_pos - input_);
  fields_.append_bytes(input.substr(0, taken));
  head_size_ += static_cast<std::uint32_t>(taken);
  const bool bad_target = error == HPE_INVALID_URL && fields_.bytes().find('\n') == std::string_view::npos;
  if (problem_ == Problem::target_too_long || bad_target)
    return refuse_head(error, input.substr(taken), taken);
  if (const Problem problem = version_problem(); problem != Problem::none) return fail(problem, taken);
  if (error == HPE_PAUSED) {
    fields_.finish();
    return {Step::Kind::head, taken, {}};
  }
  if (error != HPE_OK) return refuse_head(error, input.substr(taken), taken);
  if (fed == room) return fail(Problem::header_too_large, taken);
  return {Step::Kind::need_more, taken, {}};
}

Step MessageParser::next_in_content(std::string_view input) {
  switch (phase_) {
    case Phase::length: {
      if (left_ == 0) break;
      const std::size_t taken = std::min(input.size(), static_cast<std::size_t>(left_));
      left_ -= taken;
      return {taken == 0 ? Step::Kind::need_more : Step::Kind::body, taken, input.substr(0, taken)};
    }
    case Phase::until_close:
      return {input.empty() ? Step::Kind::need_more : Step::Kind::body, input.size(), input};
    case Phase::chunked: return next_in_chunked(input);
    case Phase::failed: return {Step::Kind::failed, 0, {}};
    default: break;
  }
  phase_ = Phase::ended;
  return {Step::Kind::end, 0, {}};
}

void MessageParser::begin_content(const Body& body) {
  switch (body.kind) {
    case Body::Kind::none: phase_ = Phase::no_content; return;
    case Body::Kind::length: phase_ = Phase::length; break;
    case Body::Kind::until_close: phase_ = Phase::until_close; break;
    case Body::Kind::chunked:
      phase_ = Phase::chunked;
      if (plain_) {
        set_llhttp(at_chunks(type_));
      } else {
        llhttp_.upgrade = 0;  // whether there is a tunnel is not for llhttp to decide
        llhttp_resume(&llhttp_);
      }
      break;
  }
  left_ = body.length;
}

Step MessageParser::next_in_chunked(std::string_view input) {
  if (input.empty()) return {};
  input_ = input.data();
  piece_ = {};
  const llhttp_errno_t error = llhttp_execute(&llhttp_, input_, input.size());
  const std::size_t taken =
      error == HPE_OK ? input.size() : static_cast<std::size_t>(llhttp_.error_pos - input_);
  overhead_ += taken - piece_.size();
  if (overhead_is_too_much()) {
    return fail(in_trailers() ? Problem::header_too_large : Problem::bad_chunk, taken);
  }
  if (error == HPE_OK) return {Step::Kind::need_more, taken, {}};
  if (error != HPE_PAUSED) {
    if (problem_ != Problem::none) return fail(problem_, taken);
    return fail(in_trailers() ? Problem::bad_trailer : Problem::bad_chunk, taken);
  }
  if (phase_ == Phase::ended) return {Step::Kind::end, taken, {}};
  overhead_ = 0;
  llhttp_resume(&llhttp_);
  return {Step::Kind::body, taken, piece_};
}

bool MessageParser::overhead_is_too_much() const {
  return overhead_ > kMostChunkOverhead + (in_trailers() || phase_ == Phase::ended ? limits_.head_bytes : 0);
}

}  // namespace weir::http
