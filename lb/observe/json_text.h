#pragma once

#include <string>
#include <string_view>

namespace weir::observe {

// Appends what stands between the quotes of a JSON string (RFC 8259 7). The result is ASCII or valid UTF-8
// and holds no control character, whatever the bytes are: a byte that is not UTF-8 becomes the four
// characters \xNN. At most `most` bytes of the text are taken; "..." says that there was more.
void append_json_text(std::string& out, std::string_view text, std::size_t most = 8192);

}  // namespace weir::observe
