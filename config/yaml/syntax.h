#pragma once

#include <string>

#include "config/report.h"
#include "config/yaml/source.h"

namespace weir::config {

// Turns yaml-cpp's message about the text at `offset` into one that helps: it looks at the lines
// around for the usual causes (a tab, a quote, a value that must be quoted).
void report_syntax(const Source& source, std::size_t offset, const std::string& parser_message,
                   Report& report);

// Reports the first line that begins with '%': yaml-cpp would ignore what follows it.
bool check_directives(const Source& source, Report& report);

}  // namespace weir::config
