#pragma once

#include <string>
#include <string_view>

#include "lb/base/clock.h"

// What the tables and lines of the commands have in common.
namespace weir::admin {

enum class Colour { off, on };

inline constexpr std::string_view kBold = "\x1b[1m";
inline constexpr std::string_view kRed = "\x1b[31m";
inline constexpr std::string_view kGreen = "\x1b[32m";
inline constexpr std::string_view kYellow = "\x1b[33m";
inline constexpr std::string_view kReverse = "\x1b[7m";
inline constexpr std::string_view kPlain = "\x1b[0m";

// The codes of a terminal, or nothing where it wants none.
class Paint {
 public:
  explicit Paint(Colour colour) : on_(colour == Colour::on) {}
  std::string_view operator()(std::string_view code) const { return on_ ? code : std::string_view(); }
  std::string text(std::string_view code, std::string_view text) const;

 private:
  bool on_;
};

// The two largest units that matter: "3d 4h", "12m 5s". Of a negative time: "0s".
std::string age(double seconds);

// What clients may speak: "http", "https+h2".
std::string protocol_label(std::string_view protocol, bool http2);

// A certificate that ends sooner than this should be renewed by now.
inline constexpr double kSoonExpired = 14 * 86400;

// "certificate CN=example.com of listener web expires in 5d 3h", or "... has expired 2h 1m ago"
std::string expiry_text(std::string_view subject, std::string_view listener, double seconds_left);

// The seconds from `from` to `to`, times as the admin API writes them; 0 if one is none.
double seconds_between(std::string_view from, std::string_view to);

}  // namespace weir::admin
