#pragma once

#include <string>

#include "lb/model/snapshot.h"

// The configuration as it took effect: every key of the file with the value that counts, defaults
// too, in the shape and order of the YAML. It holds paths of secret files but never a secret, and
// load_text() of it gives an equal Snapshot.
namespace weir::config {

std::string effective_json(const model::Snapshot& snapshot);

// The same for everybody to see: without the values that secret_keys.h names.
std::string shown_json(const model::Snapshot& snapshot);

// 16 hexadecimal digits; equal for equal Snapshots, on every machine and in every run of this version.
std::string effective_hash(const model::Snapshot& snapshot);

}  // namespace weir::config
