#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <string_view>

// Certificates that the peers serve HTTPS with, for a comparison's time.
namespace weir::bench::compare {

inline constexpr std::string_view kEcCertificate = "ec";    // ECDSA, P-256
inline constexpr std::string_view kRsaCertificate = "rsa";  // of 2048 bits

// NAME.crt, NAME.key, and NAME.pem with both, of 127.0.0.1, by the openssl program; those that are there
// stay.
std::expected<void, std::string> make_certificates(const std::filesystem::path& directory);

}  // namespace weir::bench::compare
