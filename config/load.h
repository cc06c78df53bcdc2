#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostics.h"
#include "config/environment.h"
#include "lb/model/snapshot.h"

// From a YAML file to a validated Snapshot, or to everything that is wrong with it. Pure but for
// reading the files: may run on any thread, takes no lock, never throws.
namespace weir::config {

class Source;

struct Loaded {
  model::Snapshot snapshot;
  Diagnostics warnings;
  std::vector<std::string> files;                          // that were read, the main one first
  std::vector<std::string> patterns;                       // of `include`, as paths: a new match is a change
  std::shared_ptr<const std::deque<Source>> sources = {};  // the texts of the files; see finding.h
};

struct LoadOptions {
  Environment environment;
  std::size_t max_bytes = std::size_t{64} << 20;  // of all files together
  // Off: nothing but the document itself is read, for one that comes from elsewhere. `include` is an error,
  // and what answers have from files is left out.
  bool other_files = true;
};

// On failure the diagnostics hold the warnings too, behind the errors.
std::expected<Loaded, Diagnostics> load(const std::string& path, const Environment& environment);
std::expected<Loaded, Diagnostics> load(const std::string& path, const LoadOptions& options);

// `file_name` stands in the messages, and includes are searched beside it.
std::expected<Loaded, Diagnostics> load_text(std::string_view text, const std::string& file_name,
                                             const LoadOptions& options = {});

}  // namespace weir::config
