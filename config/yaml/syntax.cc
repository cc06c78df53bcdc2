#include "config/yaml/syntax.h"

namespace weir::config {

void report_syntax(const Source& source, std::size_t offset, const std::string& parser_message,
                   Report& report) {
  report.add<Message::syntax>(where_at(source, offset, word_length(source, offset)), parser_message);
}

}  // namespace weir::config
