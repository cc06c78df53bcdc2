#include "lb/http/message_parser.h"

#include <algorithm>
#include <limits>

#include "lb/base/text.h"

namespace weir::http {
namespace {

// Places in a head are 32-bit numbers.
constexpr std::uint64_t kMostHeadBytes = std::uint64_t{1} << 30;
constexpr std::size_t kMostNameBytes = std::numeric_limits<std::uint16_t>::max();
// What a chunk size, its extensions and line ends may take (RFC 9112 7.1.1 asks for such a bound).
constexpr std::uint64_t kMostChunkOverhead = 4 * 1024;

constexpr int kStop = -1;

}  // namespace

struct MessageParser::Trailers {
  FieldList fields;
  std::string name;
  std::string value;
  std::uint64_t size = 0;
};

// They only note what was found, and stop llhttp where the owner has to act.
struct MessageParser::Callbacks {
  static MessageParser& self(llhttp_t* llhttp) { return *static_cast<MessageParser*>(llhttp->data); }

  static int start_line_part(llhttp_t* llhttp, const char* at, std::size_t size) {
    MessageParser& parser = self(llhttp);
    if (parser.part_ == 0) parser.part_ = parser.place_of(at);
    parser.part_size_ += static_cast<std::uint32_t>(size);
    if (llhttp->type != HTTP_REQUEST || parser.part_size_ <= parser.limits_.target_bytes) return 0;
    parser.problem_ = Problem::target_too_long;
    return kStop;
  }

  static int name(llhttp_t* llhttp, const char* at, std::size_t size) {
    MessageParser& parser = self(llhttp);
    if (parser.in_trailers()) return trailer_name(parser, {at, size});
    if (parser.in_value_) {
      if (parser.fields_.size() == parser.limits_.fields) {
        parser.problem_ = Problem::too_many_headers;
        return kStop;
      }
      parser.in_value_ = false;
      parser.name_ = parser.place_of(at);
      parser.name_size_ = 0;
    }
    if (size + parser.name_size_ > kMostNameBytes) {
      parser.problem_ = Problem::header_too_large;
      return kStop;
    }
    parser.name_size_ = static_cast<std::uint16_t>(parser.name_size_ + size);
    return 0;
  }

  static int value(llhttp_t* llhttp, const char* at, std::size_t size) {
    MessageParser& parser = self(llhttp);
    if (parser.in_trailers()) return trailer_value(parser, {at, size});
    if (parser.in_value_) {
      parser.fields_.extend_value(size);
      return 0;
    }
    parser.in_value_ = true;
    parser.fields_.append_ref(FieldId::other, parser.name_, parser.name_size_, parser.place_of(at),
                              static_cast<std::uint32_t>(size));
    return 0;
  }

  static int trailer_name(MessageParser& parser, std::string_view piece) {
    if (!parser.trailers_) parser.trailers_ = std::make_unique<Trailers>();
    if (parser.in_value_ && !parser.finish_trailer()) return kStop;
    parser.in_value_ = false;
    parser.trailers_->name.append(piece);
    return trailer_room(parser, piece.size());
  }

  static int trailer_value(MessageParser& parser, std::string_view piece) {
    parser.in_value_ = true;
    parser.trailers_->value.append(piece);
    return trailer_room(parser, piece.size());
  }

  static int trailer_room(MessageParser& parser, std::size_t size) {
    parser.trailers_->size += size;
    if (parser.trailers_->size <= parser.limits_.head_bytes &&
        parser.trailers_->name.size() <= kMostNameBytes) {
      return 0;
    }
    parser.problem_ = Problem::header_too_large;
    return kStop;
  }

  static int head_complete(llhttp_t*) { return HPE_PAUSED; }

  static int body(llhttp_t* llhttp, const char* at, std::size_t size) {
    self(llhttp).piece_ = {at, size};
    return HPE_PAUSED;
  }

  static int message_complete(llhttp_t* llhttp) {
    MessageParser& parser = self(llhttp);
    if (parser.trailers_ && !parser.finish_trailer()) return kStop;
    parser.phase_ = Phase::ended;
    return HPE_PAUSED;
  }
};

const llhttp_settings_t MessageParser::kSettings = [] {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_url = Callbacks::start_line_part;
  settings.on_status = Callbacks::start_line_part;
  settings.on_header_field = Callbacks::name;
  settings.on_header_value = Callbacks::value;
  settings.on_headers_complete = Callbacks::head_complete;
  settings.on_body = Callbacks::body;
  settings.on_message_complete = Callbacks::message_complete;
  return settings;
}();

MessageParser::MessageParser(llhttp_type_t type, const ParserLimits& limits, FieldList& fields)
    : type_(type), fields_(fields), limits_(limits) {
  limits_.head_bytes = std::min(limits_.head_bytes, kMostHeadBytes);
}

MessageParser::~MessageParser() = default;

llhttp_t MessageParser::make_llhttp(llhttp_type_t type, std::string_view head) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_headers_complete = Callbacks::head_complete;
  llhttp_t state;
  llhttp_init(&state, type, &settings);
  llhttp_execute(&state, head.data(), head.size());
  if (!head.empty()) llhttp_resume(&state);
  state.settings = const_cast<llhttp_settings_t*>(&kSettings);
  return state;
}

const llhttp_t& MessageParser::at_message_start(llhttp_type_t type) {
  static const llhttp_t request = make_llhttp(HTTP_REQUEST, "");
  static const llhttp_t response = make_llhttp(HTTP_RESPONSE, "");
  return type == HTTP_REQUEST ? request : response;
}

const llhttp_t& MessageParser::at_chunks(llhttp_type_t type) {
  static const llhttp_t request =
      make_llhttp(HTTP_REQUEST, "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  static const llhttp_t response =
      make_llhttp(HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  return type == HTTP_REQUEST ? request : response;
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

// Framing and routing have no place in trailers (RFC 9110 6.5.1).
bool MessageParser::finish_trailer() {
  Trailers& trailers = *trailers_;
  if (trailers.name.empty()) return true;
  const FieldId id = field_id(trailers.name);
  if (id == FieldId::content_length || id == FieldId::transfer_encoding || id == FieldId::host) {
    problem_ = Problem::bad_trailer;
    return false;
  }
  if (trailers.fields.size() == limits_.fields) {
    problem_ = Problem::too_many_headers;
    return false;
  }
  trailers.fields.add(id, trailers.name, base::trim(trailers.value));
  trailers.name.clear();
  trailers.value.clear();
  return true;
}

}  // namespace weir::http
