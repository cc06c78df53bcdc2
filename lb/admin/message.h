#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/http/head.h"

// Whole requests and whole answers: the admin API's are small, so nothing of them is streamed.
namespace weir::admin {

struct Request {
  const http::RequestHead& head;
  std::string_view body;

  // The target without its query.
  std::string_view path() const {
    const std::string_view target = head.target();
    return target.substr(0, target.find('?'));
  }
};

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // beside content type, length and date
};

// An error as a problem document (RFC 9457) whose title is the status' own phrase.
Response problem(unsigned status, std::string_view detail);

}  // namespace weir::admin
