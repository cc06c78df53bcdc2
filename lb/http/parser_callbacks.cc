#include "lb/base/text.h"
#include "lb/http/message_parser.h"
#include "lb/http/trailers.h"

// What llhttp calls, and the states of it that messages start from.
namespace weir::http {
namespace {

constexpr int kStop = -1;

}  // namespace

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
