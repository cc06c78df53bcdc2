#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace weir::admin {

// Takes server-sent events apart, as far as weir writes them. Bytes come in any pieces; an event that is
// longer than the bound is left out.
class EventReader {
 public:
  static constexpr std::size_t kLongest = std::size_t{1} << 20;

  // `each` gets the data of an event.
  explicit EventReader(std::function<void(std::string_view)> each, std::size_t longest = kLongest)
      : each_(std::move(each)), longest_(longest) {}

  void take(std::string_view piece);

 private:
  void take_line();

  std::function<void(std::string_view)> each_;
  const std::size_t longest_;
  std::string line_;
  std::string data_;
  bool too_long_ = false;
};

// The data of an event as a line for people, without its end; what is none of weir's is shown as it is,
// escaped.
std::string event_text(std::string_view data);

}  // namespace weir::admin
