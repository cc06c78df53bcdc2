#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/http/h2_block.h"

// The decoder against another encoder, nghttp2's, which uses all that HPACK has.
namespace weir::http {
namespace {

using Owned = std::vector<std::pair<std::string, std::string>>;

class Encoder {
 public:
  Encoder() {
    nghttp2_hd_deflater* made = nullptr;
    REQUIRE(nghttp2_hd_deflate_new(&made, 4096) == 0);
    deflater_.reset(made);
  }

  void resize(std::size_t bytes) { nghttp2_hd_deflate_change_table_size(deflater_.get(), bytes); }

  std::string encode(const Owned& fields) {
    std::vector<nghttp2_nv> nv;
    for (const auto& [name, value] : fields) {
      nv.push_back({bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    std::string out(nghttp2_hd_deflate_bound(deflater_.get(), nv.data(), nv.size()), '\0');
    const ssize_t size = nghttp2_hd_deflate_hd(deflater_.get(), bytes(out), out.size(), nv.data(), nv.size());
    REQUIRE(size >= 0);
    out.resize(static_cast<std::size_t>(size));
    return out;
  }

 private:
  struct Delete {
    void operator()(nghttp2_hd_deflater* deflater) const { nghttp2_hd_deflate_del(deflater); }
  };
  static std::uint8_t* bytes(const std::string& text) {
    return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
  }
  std::unique_ptr<nghttp2_hd_deflater, Delete> deflater_;
};

std::string lines(const Owned& fields) {
  std::string text;
  for (const auto& [name, value] : fields) text.append(name).append(": ").append(value).append("\n");
  return text;
}

TEST_CASE("every byte survives Huffman coding") {
  Encoder encoder;
  HpackDecoder decoder;
  for (unsigned c = 0; c < 256; ++c) {
    // Enough short codes around it that the encoder prefers Huffman coding.
    const Owned fields{{"x", "0000000000" + std::string(1, static_cast<char>(c)) + "1111111111"}};
    CAPTURE(c);
    CHECK(test::decoded(decoder, encoder.encode(fields)) == lines(fields));
  }
}

TEST_CASE("a long connection stays in step with its peer's table") {
  std::mt19937 random(7541);  // NOLINT(bugprone-random-generator-seed): the same every time
  const auto below = [&](std::size_t most) { return random() % most; };
  constexpr std::string_view kNames[] = {":path",      "cookie", "user-agent", "x-long-name-of-some-service",
                                         "x-trace-id", "accept", "etag",       "authorization"};
  Encoder encoder;
  HpackDecoder decoder;
  for (int message = 0; message < 3000; ++message) {
    Owned fields;
    for (std::size_t i = below(12); i != 0; --i) {
      const std::size_t size = below(20) == 0 ? below(5000) : below(60);
      std::string value(size, '\0');
      const auto first = static_cast<char>(below(4) == 0 ? below(256) : 'a' + below(26));
      for (char& c : value) c = static_cast<char>(below(8) == 0 ? below(256) : first);
      fields.emplace_back(kNames[below(std::size(kNames))], below(3) == 0 ? "again" : value);
    }
    if (below(50) == 0) encoder.resize(below(2) == 0 ? 4096 : below(4097));
    CAPTURE(message);
    REQUIRE(test::decoded(decoder, encoder.encode(fields)) == lines(fields));
  }
}

}  // namespace
}  // namespace weir::http
