#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/head.h"

// HTTP/1.1 messages into bytes. The framing fields (Content-Length, Transfer-Encoding, Connection,
// TE) are written from the typed parts of a head and must not be among its fields, with one
// exception: the Content-Length of an answer to HEAD and of a 304, which describes no content here.
namespace weir::http {

enum class Connection : std::uint8_t { keep, close, upgrade };

// Appends the head of a request to a target. `head` has been built by FieldList::add().
void write_request_head(std::string& out, const OutgoingRequest& head, Connection connection);

// To whom a response goes.
struct ResponseTo {
  std::uint8_t version_minor = 1;            // of the request
  bool head_request = false;                 // HEAD: no content follows
  Connection connection = Connection::keep;  // close is forced where only the close ends the content
};

// How the content of this response is delimited towards that client: HTTP/1.0 knows no chunks, and
// until_close becomes chunked for HTTP/1.1, so that the connection lives on.
Body::Kind response_framing(Body::Kind content, const ResponseTo& to);

// Appends the head of a response, interim ones (1xx) too. An empty reason becomes the usual phrase.
void write_response_head(std::string& out, const OutgoingResponse& head, const ResponseTo& to);

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Of a chunk: its size line, then the bytes, then kChunkEnd; at the end kLastChunk, or
// write_last_chunk with trailers.
inline constexpr std::size_t kChunkSizeBytes = 18;  // the longest size line
inline constexpr std::string_view kChunkEnd = "\r\n";
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";
std::size_t write_chunk_size(char* to, std::uint64_t size);  // returns the bytes written; size is not 0
void write_last_chunk(std::string& out, const FieldList& trailers);

// The phrase that goes with a status; empty for one that is not registered.
std::string_view reason_phrase(unsigned status);

}  // namespace weir::http
