#include "lb/http/h1_writer.h"

#include <charconv>
#include <cstring>

namespace weir::http {
namespace {

// More than all fixed parts of a head and its numbers together.
constexpr std::size_t kStartLineBytes = 256;

// Puts text one after the other into room that is known to suffice.
class Pen {
 public:
  explicit Pen(char* at) : at_(at) {}
  Pen& operator<<(std::string_view text) {
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Pen& operator<<(std::uint64_t number) {
    at_ = std::to_chars(at_, at_ + 20, number).ptr;
    return *this;
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

// Appends what `write` puts down, at most `most` bytes.
template <class Write>
void append(std::string& out, std::size_t most, Write&& write) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + most, [&](char* data, std::size_t) {
    Pen pen(data + before);
    write(pen);
    return static_cast<std::size_t>(pen.end() - data);
  });
}

void write_framing(Pen& pen, Body::Kind kind, std::uint64_t length) {
  if (kind == Body::Kind::length) pen << "Content-Length: " << length << "\r\n";
  if (kind == Body::Kind::chunked) pen << "Transfer-Encoding: chunked\r\n";
}

}  // namespace

void write_request_head(std::string& out, const OutgoingRequest& head, Connection connection) {
  const std::string_view lines = head.fields.lines();
  const std::size_t most = head.method_text.size() + head.target.size() + lines.size() + kStartLineBytes;
  append(out, most, [&](Pen& pen) {
    pen << head.method_text << " " << head.target << " HTTP/1.1\r\n" << lines;
    write_framing(pen, head.body.kind, head.body.length);
    if (head.body.kind == Body::Kind::none && expects_content(head.method)) pen << "Content-Length: 0\r\n";
    if (head.accepts_trailers) pen << "TE: trailers\r\n";
    switch (connection) {
      case Connection::keep:
        if (head.accepts_trailers) pen << "Connection: TE\r\n";
        break;
      case Connection::close:
        pen << (head.accepts_trailers ? "Connection: close, TE\r\n" : "Connection: close\r\n");
        break;
      case Connection::upgrade:
        pen << (head.accepts_trailers ? "Connection: upgrade, TE\r\n" : "Connection: upgrade\r\n");
        break;
    }
    pen << "\r\n";
  });
}

Body::Kind response_framing(Body::Kind content, const ResponseTo& to) {
  if (to.head_request) return Body::Kind::none;
  const bool open_ended = content == Body::Kind::chunked || content == Body::Kind::until_close;
  if (!open_ended) return content;
  return to.version_minor == 0 ? Body::Kind::until_close : Body::Kind::chunked;
}

void write_response_head(std::string& out, const OutgoingResponse& head, const ResponseTo& to) {
  const std::string_view reason = head.reason.empty() ? reason_phrase(head.status) : head.reason;
  const std::string_view lines = head.fields.lines();
  const Body::Kind framing = response_framing(head.body.kind, to);
  append(out, reason.size() + lines.size() + kStartLineBytes, [&](Pen& pen) {
    pen << "HTTP/1.1 " << std::uint64_t{head.status} << " " << reason << "\r\n" << lines;
    const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
    write_framing(pen, framing, head.body.length);
    if (framing == Body::Kind::none && !bodiless && !to.head_request) pen << "Content-Length: 0\r\n";
    if (to.connection == Connection::upgrade) {
      pen << "Connection: upgrade\r\n";
    } else if (head.status >= 200) {
      const bool close = to.connection == Connection::close || framing == Body::Kind::until_close;
      if (close) pen << "Connection: close\r\n";
      if (!close && to.version_minor == 0) pen << "Connection: keep-alive\r\n";
    }
    pen << "\r\n";
  });
}

std::size_t write_chunk_size(char* to, std::uint64_t size) {
  char* end = std::to_chars(to, to + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return static_cast<std::size_t>(end - to);
}

void write_last_chunk(std::string& out, const FieldList& trailers) {
  out += "0\r\n";
  out += trailers.lines();
  out += "\r\n";
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 100: return "Continue";
    case 101: return "Switching Protocols";
    case 102: return "Processing";
    case 103: return "Early Hints";
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 203: return "Non-Authoritative Information";
    case 204: return "No Content";
    case 205: return "Reset Content";
    case 206: return "Partial Content";
    case 207: return "Multi-Status";
    case 208: return "Already Reported";
    case 226: return "IM Used";
    case 300: return "Multiple Choices";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 402: return "Payment Required";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 407: return "Proxy Authentication Required";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 421: return "Misdirected Request";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 424: return "Failed Dependency";
    case 425: return "Too Early";
    case 426: return "Upgrade Required";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 451: return "Unavailable For Legal Reasons";
    case 463: return "Too Many Forwarded Addresses";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 506: return "Variant Also Negotiates";
    case 507: return "Insufficient Storage";
    case 508: return "Loop Detected";
    case 511: return "Network Authentication Required";
    default: return {};
  }
}

}  // namespace weir::http
