#include "lb/observe/access_formatter.h"

#include "lb/observe/access_alb.h"
#include "lb/observe/access_json.h"
#include "lb/observe/access_text.h"

namespace weir::observe {

void AccessFormatter::append(std::string& out, const AccessRecord& record, const model::AccessFormat& format,
                             const Redaction& redaction, std::size_t longest) {
  switch (format.kind) {
    case model::AccessFormat::Kind::json: return append_json(out, record, time_, longest);
    case model::AccessFormat::Kind::alb: return append_alb(out, record, time_);
    case model::AccessFormat::Kind::text: return append_text(out, record, format.text, redaction, time_);
  }
}

}  // namespace weir::observe
