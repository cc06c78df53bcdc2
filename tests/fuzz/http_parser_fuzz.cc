#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/unit/http/transcript.h"

// libFuzzer: the first byte chooses requests or responses and how the rest is cut. However it is
// cut, the same must come out.
namespace {

using namespace weir::http;

template <class Parser>
std::string read_pieces(std::string_view bytes, std::size_t size) {
  Parser parser(ParserLimits{.head_bytes = 512, .fields = 16, .target_bytes = 128});
  test::Transcript transcript;
  for (std::size_t at = 0; at < bytes.size(); at += size) {
    const std::string piece(bytes.substr(at, size));
    if (!transcript.feed(parser, piece)) break;
  }
  return transcript.text();
}

template <class Parser>
void check(std::string_view bytes, std::size_t size) {
  const std::string whole = read_pieces<Parser>(bytes, bytes.size() + 1);
  const std::string cut = read_pieces<Parser>(bytes, size);
  if (cut == whole) return;
  fmt::print(stderr, "whole:\n{}in pieces of {}:\n{}", whole, size, cut);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = 1 + data[0] / 2 % 64;
  if (data[0] % 2 == 0) {
    check<RequestParser>(bytes, piece);
  } else {
    check<ResponseParser>(bytes, piece);
  }
  return 0;
}
