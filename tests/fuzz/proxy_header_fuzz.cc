#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "lb/net/proxy_header.h"
#include "lb/net/proxy_header_format.h"
#include "lb/net/proxy_header_write.h"

// libFuzzer: the first byte chooses what a connection begins with, and the rest is what follows. Every prefix
// of a header asks for more, what comes behind it changes nothing, and what is read of it is written so that
// the same is read again.
namespace {

using weir::net::kProxyHeaderBytes;
using weir::net::ProxyHeader;
using weir::net::ProxyVersion;
using weir::net::read_proxy_header;
using weir::net::proxy_format::kSignature;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// What is read of either version has a place in version 2.
void check_writing(ProxyHeader header) {
  for (const ProxyVersion version : {header.version, ProxyVersion::v2}) {
    header.version = version;
    std::string bytes;
    weir::net::write_proxy_header(bytes, header);
    const auto read = read_proxy_header(bytes);
    require(read && *read && (*read)->size == bytes.size(), "what was written is a header");
    require((*read)->header == header, "what was written reads back");
  }
}

void check_reading(std::string_view bytes) {
  const auto read = read_proxy_header(bytes);
  if (!read) return;
  if (!*read) return require(bytes.size() < kProxyHeaderBytes, "no more is asked for than a header can have");
  const std::size_t end = (*read)->size;
  require(end > 0 && end <= bytes.size(), "a header is a part of the bytes");
  for (const std::size_t part : {std::size_t{0}, end / 2, end - 1}) {
    const auto prefix = read_proxy_header(bytes.substr(0, part));
    require(prefix && !*prefix, "a prefix of a header asks for more");
  }
  const auto exact = read_proxy_header(bytes.substr(0, end));
  require(exact && *exact && (*exact)->header == (*read)->header, "what follows a header changes nothing");
  check_writing((*read)->header);
}

// A header of version 2 whose length is that of the rest; of what comes first the bytes choose the kind.
std::string with_length(std::string_view bytes) {
  if (bytes.size() < 2) return std::string(bytes);
  const std::string_view block = bytes.substr(2);
  std::string header(kSignature);
  header += static_cast<char>(0x20 | (bytes[0] & 1));
  header += bytes[1];
  header += static_cast<char>(block.size() >> 8 & 0xff);
  header += static_cast<char>(block.size() & 0xff);
  return header.append(block);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0: check_reading(rest); break;
    case 1: check_reading("PROXY TCP" + std::string(rest)); break;
    case 2: check_reading(std::string(kSignature).append(rest)); break;
    default: check_reading(with_length(rest)); break;
  }
  return 0;
}
