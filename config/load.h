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

// What a load read, or failed to read or left to others: a change to any of it may change what the next one
// gives.
struct Inputs {
  std::vector<std::string> files;        // the YAML, the main one first
  std::vector<std::string> patterns;     // of `include`, as paths: a new match is a change
  std::vector<std::string> extra_files;  // whose content counts too: body_file, those of tls
};

struct Loaded : Inputs {
  model::Snapshot snapshot;
  Diagnostics warnings;
  std::shared_ptr<const std::deque<Source>> sources = {};  // the texts of the files; see finding.h
};

struct LoadOptions {
  Environment environment;
  std::size_t max_bytes = std::size_t{8} << 20;  // of all files together
  // False for a reload: it must not wait for somebody to write into the pipe that took the file's place.
  bool may_be_pipe = true;
  // Off: nothing but the document itself is read, for one that comes from elsewhere. `include` is an error,
  // and what answers have from files is left out.
  bool other_files = true;
};

// On failure the diagnostics hold the warnings too, behind the errors.
std::expected<Loaded, Diagnostics> load(const std::string& path, const Environment& environment);
std::expected<Loaded, Diagnostics> load(const std::string& path, const LoadOptions& options);
// Names what it read in `inputs` even if it fails: what has to be mended may be in any of it.
std::expected<Loaded, Diagnostics> load(const std::string& path, const LoadOptions& options, Inputs& inputs);

// The files with secrets that the snapshot names: they are read when it is put to use, not by a load.
std::vector<std::string> secret_files(const model::Snapshot& snapshot);

// `file_name` stands in the messages, and includes are searched beside it.
std::expected<Loaded, Diagnostics> load_text(std::string_view text, const std::string& file_name,
                                             const LoadOptions& options = {});

}  // namespace weir::config
