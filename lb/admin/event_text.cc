#include "lb/admin/event_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <utility>

#include "lb/base/text.h"

namespace weir::admin {
namespace {

using nlohmann::json;

std::string word(const json& event, const char* member) {
  return base::escape(event.at(member).get<std::string>());
}

// "app 10.0.0.1:80 (az-1)", or what of it there is.
std::string place(const json& event) {
  std::string text = word(event, "target_group");
  const std::string target = word(event, "target"), zone = word(event, "zone");
  if (!target.empty()) text += (text.empty() ? "" : " ") + target;
  if (!zone.empty()) text += text.empty() ? "zone " + zone : " (" + zone + ")";
  return text;
}

std::string change(const json& event) {
  const std::string from = word(event, "from"), to = word(event, "to");
  return from.empty() || to.empty() ? from + to : from + " -> " + to;
}

std::string line(const json& event) {
  std::string text = word(event, "at") + " " + word(event, "kind");
  const auto add = [&](std::string_view before, const std::string& part) {
    if (!part.empty()) text.append(before).append(part);
  };
  add(" ", place(event));
  add(": ", change(event));
  add(", ", word(event, "reason"));
  add(": ", word(event, "detail"));
  return text;
}

}  // namespace

void EventReader::take(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    line_.append(piece.substr(0, end));
    if (line_.size() + data_.size() > longest_) {
      too_long_ = true;
      line_.clear();
      data_.clear();
    }
    if (end == std::string_view::npos) return;
    piece.remove_prefix(end + 1);
    take_line();
  }
}

void EventReader::take_line() {
  const std::string line = std::exchange(line_, {});
  if (line.starts_with("data: ")) {
    data_ = line.substr(6);
  } else if (line.empty()) {
    const std::string data = std::exchange(data_, {});
    const bool too_long = std::exchange(too_long_, false);
    if (!data.empty() && !too_long) each_(data);
  }
}

std::string event_text(std::string_view data) {
  try {
    return line(json::parse(data));
  } catch (const json::exception&) {  // the library's way to say that something is missing or of another kind
    return base::escape(data);
  }
}

}  // namespace weir::admin
