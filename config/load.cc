#include "config/load.h"

#include <utility>

#include "config/checks.h"
#include "config/files.h"
#include "config/keys/tables.h"
#include "config/report.h"

namespace weir::config {
namespace {

std::expected<Loaded, Diagnostics> finish(const Files& files, const LoadOptions& options, Report& report) {
  Loaded loaded;
  loaded.files = files.names();
  loaded.patterns = files.patterns();
  loaded.sources = files.sources();
  if (files.root() != nullptr) {
    const Value root(report, options.environment, *files.root());
    read_table(file_table(), root, loaded.snapshot);
    // With a file missing, most of what these would say is only because of it.
    if (files.complete()) check_whole(loaded.snapshot, files, report);
  }
  const bool failed = report.has_errors();
  Diagnostics diagnostics = report.take();
  if (failed) return std::unexpected(std::move(diagnostics));
  loaded.warnings = std::move(diagnostics);
  return loaded;
}

}  // namespace

std::expected<Loaded, Diagnostics> load(const std::string& path, const LoadOptions& options) {
  Report report(options.other_files);
  Files files(options, report);
  files.read(path);
  return finish(files, options, report);
}

std::expected<Loaded, Diagnostics> load(const std::string& path, const Environment& environment) {
  return load(path, LoadOptions{.environment = environment});
}

std::expected<Loaded, Diagnostics> load_text(std::string_view text, const std::string& file_name,
                                             const LoadOptions& options) {
  Report report(options.other_files);
  Files files(options, report);
  files.take(std::string(text), file_name);
  return finish(files, options, report);
}

}  // namespace weir::config
