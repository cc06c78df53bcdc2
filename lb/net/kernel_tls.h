#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

// TLS of the kernel (kTLS), as far as it seals what is sent: Linux's Documentation/networking/tls.rst.
namespace weir::net {

// Whether the kernel has it, and takes it on; asked once.
bool kernel_has_tls();

// From now on whatever is written to this connected TCP socket is plaintext, which the kernel cuts into
// records and seals. `keys`: one of the kernel's tls12_crypto_info_*, as OpenSSL hands it over. False: the
// kernel does not, and nothing has changed.
bool seal_in_kernel(int fd, const void* keys);

// One record that is no application data, to such a socket; as send(2).
std::ptrdiff_t send_kernel_record(int fd, std::uint8_t type, std::string_view content);

}  // namespace weir::net
