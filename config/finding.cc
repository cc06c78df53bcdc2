#include "config/finding.h"

#include <algorithm>
#include <tuple>

#include "config/report.h"

namespace weir::config {
namespace {

// Nothing where there is nothing to be quoted.
Quote quote_of(const model::Place& place, const Loaded& loaded) {
  if (place.line == 0 || !loaded.sources) return {};
  const auto source = std::ranges::find(*loaded.sources, place.file, &Source::name);
  if (source == loaded.sources->end()) return {};
  const std::size_t offset = source->offset(place);
  return quote(where_at(*source, offset, word_length(*source, offset)));
}

}  // namespace

Diagnostic diagnostic_of(const Finding& finding, const Loaded& loaded) {
  Quote quoted = quote_of(finding.place, loaded);
  Diagnostic diagnostic{.severity = finding.severity,
                        .id = finding.id,
                        .place = finding.place,
                        .path = finding.path,
                        .message = finding.message,
                        .hint = {},
                        .source = std::move(quoted.line),
                        .begin = quoted.begin,
                        .length = quoted.length};
  for (const auto& [place, message] : finding.notes) {
    Quote its_quote = quote_of(place, loaded);
    diagnostic.notes.push_back(
        {place, message, std::move(its_quote.line), its_quote.begin, its_quote.length});
  }
  return diagnostic;
}

void sort(Diagnostics& diagnostics, const Loaded& loaded) {
  std::ranges::stable_sort(diagnostics, {}, [&](const Diagnostic& one) {
    const auto file = std::ranges::find(loaded.files, one.place.file) - loaded.files.begin();
    return std::tuple(one.severity, file, one.place.line, one.place.column);
  });
}

}  // namespace weir::config
