#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/h2_fields.h"
#include "lb/http/head.h"
#include "lb/http/limits.h"

// Requests over HTTP/2 (RFC 9113 8.3.1). What comes in becomes the head that HTTP/1.1 would have brought:
// with Host, one Cookie field, and a body whose length is known by Content-Length only.
namespace weir::http {

// Takes the fields of one header block: decoder.decode(block, reader), then finish().
class H2RequestReader {
 public:
  // `head` is clear and outlives the reader. `extended_connect`: weir has sent
  // SETTINGS_ENABLE_CONNECT_PROTOCOL.
  H2RequestReader(RequestHead& head, const ParserLimits& limits, bool extended_connect = false)
      : head_(head), reader_(head.fields, limits), extended_connect_(extended_connect) {}

  void take(const HpackField& field);
  // `end_stream`: no content and no trailers follow. Of a head that is refused, what was read is there for
  // the log.
  H2Verdict finish(bool end_stream);

  // After finish(). The request was an extended CONNECT (RFC 8441 4) and has become the HTTP/1.1 upgrade that
  // it stands for: GET with Connection and Upgrade, whatever end_stream was. For "websocket" the caller adds
  // a Sec-WebSocket-Key.
  bool is_upgrade() const { return protocol_at_.size != 0; }
  std::string_view protocol() const { return head_.fields.view(protocol_at_); }

 private:
  static constexpr unsigned bit(H2Pseudo pseudo) { return 1U << static_cast<unsigned>(pseudo); }
  bool has(H2Pseudo pseudo) const { return (seen_ & bit(pseudo)) != 0; }

  void take_pseudo(const HpackField& field);
  void take_protocol(std::string_view value);
  void take_method(std::string_view value);
  void take_path(std::string_view value);
  void take_scheme(std::string_view value);
  void take_authority(std::string_view value);
  void take_host(const HpackField& field);
  void read_target();
  void read_content(bool end_stream);
  void become_upgrade();

  RequestHead& head_;
  H2FieldReader reader_;
  Extent protocol_at_;
  unsigned seen_ = 0;  // a bit for each pseudo-header field
  bool extended_connect_;
  bool https_ = false;
  bool has_host_ = false;
  bool in_fields_ = false;  // a regular field has come
};

// Of an upgrade to "websocket", unless the request has one: the Sec-WebSocket-Key that HTTP/1.1 asks for (RFC
// 6455 4.1), of 16 random bytes.
void add_websocket_key(RequestHead& head, const std::array<std::uint64_t, 2>& random);

// Appends the header block of a request to a target. Framing fields are written from the typed parts, as
// write_request_head() does; Host becomes :authority.
void write_h2_request_head(std::string& block, const OutgoingRequest& head, std::string_view scheme);

}  // namespace weir::http
