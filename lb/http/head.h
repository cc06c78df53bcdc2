#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/http/field_id.h"

// The heads of HTTP messages as values, the same for every protocol version. A received head is one
// block of bytes with offsets; the views that it gives out live as long as it does and is not changed.
// An outgoing head has the fields that were built for it, and views of what it was made from. Heads are
// meant to be reused (clear, swap): their memory is kept.
namespace weir::http {

// A part of the bytes of a head.
struct Extent {
  std::uint32_t at = 0;
  std::uint32_t size = 0;
};

// Of a field: a list keeps that size in 16 bits.
inline constexpr std::size_t kMostNameBytes = 65535;

struct Field {
  FieldId id;
  std::string_view name;   // as received
  std::string_view value;  // without surrounding white space
};

// Fields in order. Built lists keep their bytes in the form of HTTP/1.1 field lines, so that an
// HTTP/1 writer copies one block; other codecs read field by field.
class FieldList {
 public:
  std::size_t size() const { return refs_.size(); }
  bool empty() const { return refs_.empty(); }
  Field operator[](std::size_t index) const {
    const Ref& ref = refs_[index];
    return {ref.id, view({ref.name, ref.name_size}), view({ref.value, ref.value_size})};
  }

  // Whether there is a field of this kind; FieldId::other: any that has no id of its own.
  bool has(FieldId id) const { return (present_ & bit(id)) != 0; }
  // The first field of this kind or name; absent if there is none.
  std::optional<std::string_view> find(FieldId id) const;
  std::optional<std::string_view> find(std::string_view name) const;

  // Appends a field. Name and value must already be valid (RFC 9110 5.1, 5.5) and no views of this
  // list. The name has at most 65535 bytes.
  void add(FieldId id, std::string_view name, std::string_view value);
  void add(std::string_view name, std::string_view value) { add(field_id(name), name, value); }

  // Lengthens the value of the field that add() appended last.
  void extend_last(std::string_view more);

  // The whole list as "name: value\r\n" lines. Only for lists made by add().
  std::string_view lines() const { return bytes_; }

  // For parsers: the fields are views into the bytes appended so far, given by their offsets.
  Extent append_bytes(std::string_view bytes) {
    const Extent extent{static_cast<std::uint32_t>(bytes_.size()), static_cast<std::uint32_t>(bytes.size())};
    bytes_.append(bytes);
    return extent;
  }
  std::string_view bytes() const { return bytes_; }
  void append_ref(FieldId id, std::uint32_t name, std::uint32_t name_size, std::uint32_t value,
                  std::uint32_t value_size) {
    refs_.push_back({name, value, value_size, static_cast<std::uint16_t>(name_size), id});
    present_ |= bit(id);
  }
  // Appends name and value and a field of them. The list has no lines() then.
  void append_field(FieldId id, std::string_view name, std::string_view value);
  // The first field of this kind gets the values of all of them that are not empty, with `between` in
  // between; the others go.
  void join_values(FieldId id, std::string_view between);
  // The value of the last field goes on in the next `size` bytes.
  void extend_value(std::size_t size) { refs_.back().value_size += static_cast<std::uint32_t>(size); }
  // Finds the ids and cuts white space off the ends of the values, once all bytes are there.
  void finish();

  std::string_view view(Extent extent) const { return {bytes_.data() + extent.at, extent.size}; }
  // The place of `part`, which is a part of bytes().
  Extent extent_of(std::string_view part) const {
    return {static_cast<std::uint32_t>(part.data() - bytes_.data()), static_cast<std::uint32_t>(part.size())};
  }

  // Empties the list. Its memory is kept, unless it is unusually much.
  void clear();

  // Cheaper than three moves, which std::swap would make.
  friend void swap(FieldList& a, FieldList& b) noexcept {
    a.bytes_.swap(b.bytes_);
    a.refs_.swap(b.refs_);
    std::swap(a.present_, b.present_);
  }

 private:
  struct Ref {
    std::uint32_t name;
    std::uint32_t value;
    std::uint32_t value_size;
    std::uint16_t name_size;
    FieldId id;
  };
  static constexpr std::uint64_t bit(FieldId id) { return std::uint64_t{1} << static_cast<unsigned>(id); }

  std::string bytes_;
  std::vector<Ref> refs_;
  std::uint64_t present_ = 0;  // one bit per FieldId
};

enum class Method : std::uint8_t { get, head, post, put, delete_, connect, options, trace, patch, other };

// Whether sending the request twice is the same as sending it once (RFC 9110 9.2.2).
constexpr bool is_idempotent(Method method) {
  return method != Method::post && method != Method::patch && method != Method::connect &&
         method != Method::other;
}

// Whether requests have content, so that its absence must be said (RFC 9110 8.6).
constexpr bool expects_content(Method method) {
  return method == Method::post || method == Method::put || method == Method::patch;
}

// How the end of a message's content is found, and so how much of it there is (RFC 9112 6.3).
struct Body {
  enum class Kind : std::uint8_t {
    none,
    length,       // `length` bytes, not 0
    chunked,      // unknown length, ends by itself
    until_close,  // unknown length, ends with the connection (responses only)
  };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
  bool operator==(const Body&) const = default;
};

// A request as received.
struct RequestHead {
  Method method = Method::get;
  std::uint8_t version_minor = 1;
  bool keep_alive = true;         // the client lets the connection live on
  bool expect_continue = false;   // Expect: 100-continue
  bool accepts_trailers = false;  // TE: trailers
  Body body;
  // Parts of the bytes of `fields`.
  Extent method_at;
  Extent target_at;
  Extent authority_at;
  FieldList fields;  // all, hop-by-hop ones included, as received

  std::string_view method_text() const { return fields.view(method_at); }  // "GET": case matters
  // What follows the method: origin form ("/path?query") or "*"; for CONNECT the authority. An
  // absolute-form target is split by the parser into the authority and the rest (RFC 9112 3.2.2).
  std::string_view target() const { return fields.view(target_at); }
  // Host and port: of the absolute form, else of Host; may be empty for HTTP/1.0.
  std::string_view authority() const { return fields.view(authority_at); }

  void clear();
};

void swap(RequestHead& a, RequestHead& b) noexcept;

// A request as it is sent. Its views are of bytes that somebody else keeps until it has been sent.
struct OutgoingRequest {
  Method method = Method::get;
  std::string_view method_text = "GET";
  std::string_view target = "/";
  std::string_view authority;
  Body body;
  bool accepts_trailers = false;
  FieldList fields;
};

// A response as received.
struct ResponseHead {
  std::uint16_t status = 200;
  std::uint8_t version_minor = 1;
  bool keep_alive = true;
  Body body;
  Extent reason_at;  // a part of the bytes of `fields`
  FieldList fields;

  std::string_view reason() const { return fields.view(reason_at); }

  void clear();
};

// A response as it is sent; as OutgoingRequest.
struct OutgoingResponse {
  std::uint16_t status = 200;
  std::string_view reason;  // empty: the usual phrase
  Body body;
  bool keep_alive = true;  // the sender of the original takes another request
  FieldList fields;
};

}  // namespace weir::http
