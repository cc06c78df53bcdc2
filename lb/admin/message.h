#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/base/clock.h"
#include "lb/http/head.h"

// Whole requests and whole answers: the admin API's are small. Only an answer without an end has a source.
namespace weir::admin {

struct Request {
  const http::RequestHead& head;
  std::string_view body;

  // The target without its query.
  std::string_view path() const {
    const std::string_view target = head.target();
    return target.substr(0, target.find('?'));
  }
  // What follows the '?'.
  std::string_view query() const {
    const std::string_view target = head.target();
    return target.substr(std::min(path().size() + 1, target.size()));
  }
};

// What follows the head of an answer that goes on. It is asked when there is news and when it is due, and not
// while the client is slow to take what it got: so it has to find again what was not asked for in time.
class Source {
 public:
  Source() = default;
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;
  virtual ~Source() = default;

  // What there is to send by now, perhaps nothing; in pieces of some 64 KiB. Absent: the answer is complete.
  virtual std::optional<std::string> next(base::Instant now) = 0;
  // When it wants to be asked even if there is no news.
  virtual base::Instant due() const = 0;
  // It has an end, and holds what it tells until then. The two kinds have bounds of their own: who follows
  // the events forever keeps nobody from the metrics.
  virtual bool ends() const { return false; }
};

class Later;

struct Response {
  unsigned status = 200;
  std::string content_type;
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // beside content type, length and date
  std::unique_ptr<Source> source = nullptr;                 // in place of a body
  std::shared_ptr<Later> later = nullptr;                   // all but the fields is still to come
};

// An error as a problem document (RFC 9457) whose title is the status' own phrase.
Response problem(unsigned status, std::string_view detail);

}  // namespace weir::admin
