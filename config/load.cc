#include "config/load.h"

#include <utility>

#include "config/checks.h"
#include "config/files.h"
#include "config/keys/tables.h"
#include "config/report.h"

namespace weir::config {
namespace {

std::expected<Loaded, Diagnostics> finish(const Files& files, const LoadOptions& options, Report& report,
                                          Inputs& inputs) {
  Loaded loaded;
  loaded.sources = files.sources();
  if (files.root() != nullptr) {
    const Value root(report, options.environment, *files.root());
    read_table(file_table(), root, loaded.snapshot);
    // With a file missing, most of what these would say is only because of it.
    if (files.complete()) check_whole(loaded.snapshot, files, report);
  }
  inputs = {.files = files.names(), .patterns = files.patterns(), .extra_files = report.files()};
  const bool failed = report.has_errors();
  Diagnostics diagnostics = report.take();
  if (failed) return std::unexpected(std::move(diagnostics));
  static_cast<Inputs&>(loaded) = inputs;
  loaded.warnings = std::move(diagnostics);
  return loaded;
}

}  // namespace

std::expected<Loaded, Diagnostics> load(const std::string& path, const LoadOptions& options, Inputs& inputs) {
  Report report(options.other_files);
  Files files(options, report);
  files.read(path);
  return finish(files, options, report, inputs);
}

std::expected<Loaded, Diagnostics> load(const std::string& path, const LoadOptions& options) {
  Inputs inputs;
  return load(path, options, inputs);
}

std::expected<Loaded, Diagnostics> load(const std::string& path, const Environment& environment) {
  return load(path, LoadOptions{.environment = environment});
}

std::expected<Loaded, Diagnostics> load_text(std::string_view text, const std::string& file_name,
                                             const LoadOptions& options) {
  Report report(options.other_files);
  Inputs inputs;
  Files files(options, report);
  files.take(std::string(text), file_name);
  return finish(files, options, report, inputs);
}

std::vector<std::string> secret_files(const model::Snapshot& snapshot) {
  std::vector<std::string> files;
  for (const std::string& file : {snapshot.secrets.cookie_keys_file, snapshot.admin.token_file}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

}  // namespace weir::config
