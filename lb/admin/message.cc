#include "lb/admin/message.h"

#include <nlohmann/json.hpp>

#include "lb/http/h1_writer.h"

namespace weir::admin {

Response problem(unsigned status, std::string_view detail) {
  nlohmann::ordered_json document;
  document["title"] = http::reason_phrase(status);
  document["status"] = status;
  document["detail"] = detail;
  // What the detail quotes of a request may be no UTF-8.
  using nlohmann::ordered_json;
  return {status,
          "application/problem+json",
          document.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n",
          {}};
}

}  // namespace weir::admin
