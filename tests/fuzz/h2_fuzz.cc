#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "lb/http/h2_frame.h"
#include "lb/http/h2_request.h"
#include "lb/http/h2_response.h"
#include "lb/http/h2_settings.h"
#include "lb/http/hpack_decoder.h"
#include "lb/http/syntax.h"

// libFuzzer: a connection's frames after the preface. Header blocks are read as requests, responses and
// trailers; whatever is taken must be valid for HTTP/1.1 and survive being written for HTTP/2. nghttp2
// decodes them as well, and must see the same.
namespace {

using namespace weir::http;

constexpr ParserLimits kLimits{.head_bytes = 2048, .fields = 16, .target_bytes = 256};
constexpr std::uint32_t kMaxFrame = kH2MinMaxFrame;

void expect(bool holds, std::string_view what) {
  if (holds) return;
  fmt::print(stderr, "broken: {}\n", what);
  std::abort();
}

// The other decoder of one direction of a connection.
class Peer {
 public:
  Peer() {
    nghttp2_hd_inflater* made = nullptr;
    expect(nghttp2_hd_inflate_new(&made) == 0, "there is memory");
    inflater_.reset(made);
  }

  bool decode(std::string_view block, std::string& lines) {
    while (true) {
      nghttp2_nv field;
      int flags = 0;
      const ssize_t taken =
          nghttp2_hd_inflate_hd2(inflater_.get(), &field, &flags,
                                 reinterpret_cast<const std::uint8_t*>(block.data()), block.size(), 1);
      if (taken < 0) return false;
      block.remove_prefix(static_cast<std::size_t>(taken));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        lines.append(reinterpret_cast<const char*>(field.name), field.namelen).append(": ");
        lines.append(reinterpret_cast<const char*>(field.value), field.valuelen).append("\n");
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) break;
    }
    nghttp2_hd_inflate_end_headers(inflater_.get());
    return true;
  }

 private:
  struct Delete {
    void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  };
  std::unique_ptr<nghttp2_hd_inflater, Delete> inflater_;
};

// False: the block is against the rules.
bool decode_twice(HpackDecoder& decoder, Peer& peer, std::string_view block) {
  struct Lines {
    std::string text;
    void take(const HpackField& field) {
      text.append(field.name).append(": ").append(field.value).append("\n");
      HpackField judged{field.name, field.value};
      judge_name(judged);
      judge_value(judged);
      expect(judged.id == field.id && judged.pseudo == field.pseudo, "the tables know names");
      expect(judged.good_name == field.good_name && judged.good_value == field.good_value,
             "the tables know what is good");
    }
  } ours;
  std::string theirs;
  const bool fine = decoder.decode(block, ours);
  expect(peer.decode(block, theirs) == fine, "both take the block or neither");
  expect(!fine || ours.text == theirs, "both see the same fields");
  return fine;
}

void check_fields(const FieldList& fields, bool upgrade) {
  expect(fields.size() <= kLimits.fields + 2, "the number of fields is bounded");
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    expect(is_token(field.name) && is_field_value(field.value), "fields are valid");
    expect(field.id == field_id(field.name), "fields have their ids");
    expect(upgrade || !is_of_connection(field.id), "no field is about the connection");
    for (const char c : field.name) expect(c < 'A' || c > 'Z', "names are in lower case");
  }
}

void rewrite(const RequestHead& head) {
  OutgoingRequest out;
  out.method = head.method;
  out.method_text = head.method_text();
  out.target = head.target();
  out.body = head.body;
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const Field field = head.fields[i];
    if (field.id != FieldId::content_length) out.fields.add(field.id, field.name, field.value);
  }
  std::string block;
  write_h2_request_head(block, out, "https");
  HpackDecoder decoder;
  RequestHead again;
  H2RequestReader reader(again, ParserLimits{});
  expect(decoder.decode(block, reader) &&
             reader.finish(head.body.kind == Body::Kind::none).kind != H2Verdict::Kind::malformed,
         "what was written is read");
  expect(again.target() == head.target() && again.authority() == head.authority(), "it is the same");
  expect(again.body == head.body, "it has the same content");
}

void read_request(std::string_view block, bool end_stream) {
  HpackDecoder decoder;
  RequestHead head;
  H2RequestReader reader(head, kLimits, true);
  if (!decoder.decode(block, reader)) return;
  if (!reader.finish(end_stream)) return;
  check_fields(head.fields, reader.is_upgrade());
  expect(head.fields.has(FieldId::host) && is_authority(head.authority()), "there is a valid Host");
  expect(is_token(head.method_text()), "the method is a token");
  for (const char c : head.target()) expect(is_target_character(c), "the target is valid");
  if (head.method != Method::connect && !reader.is_upgrade()) rewrite(head);
}

void read_response(std::string_view block, bool end_stream) {
  HpackDecoder decoder;
  ResponseHead head;
  H2ResponseReader reader(head, kLimits, Method::get);
  if (decoder.decode(block, reader) && reader.finish(end_stream)) check_fields(head.fields, false);
}

void read_trailers(std::string_view block) {
  HpackDecoder decoder;
  FieldList trailers;
  H2TrailerReader reader(trailers, kLimits);
  if (decoder.decode(block, reader) && reader.finish()) check_fields(trailers, false);
}

void read_changes(H2Settings& settings, std::string_view payload) {
  if (!read_settings(settings, H2Role::client, payload)) return;
  std::string written;
  write_settings(written, settings);
  H2Settings again;
  expect(read_settings(again, H2Role::client, std::string_view(written).substr(kH2FrameHeadSize)).has_value(),
         "settings that were written are read");
  expect(again == settings, "they are the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  HpackDecoder decoder;
  Peer peer;
  H2Settings settings;
  while (bytes.size() >= kH2FrameHeadSize) {
    const H2FrameHead head = read_frame_head(bytes.data());
    bytes.remove_prefix(kH2FrameHeadSize);
    if (check_frame_head(head, kMaxFrame) != H2Error::no_error || bytes.size() < head.length) return 0;
    const std::string_view payload = bytes.substr(0, head.length);
    bytes.remove_prefix(head.length);
    switch (head.type) {
      case H2FrameType::headers: {
        const auto block = read_padded(head, payload);
        if (!block || !decode_twice(decoder, peer, *block)) return 0;
        read_request(*block, head.has(h2_flag::kEndStream));
        read_response(*block, head.has(h2_flag::kEndStream));
        read_trailers(*block);
        break;
      }
      case H2FrameType::data: static_cast<void>(read_padded(head, payload)); break;
      case H2FrameType::settings:
        if (!head.has(h2_flag::kAck)) read_changes(settings, payload);
        break;
      case H2FrameType::goaway: static_cast<void>(read_goaway(payload)); break;
      default: break;
    }
  }
  return 0;
}
