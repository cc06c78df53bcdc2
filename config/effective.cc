#include "config/effective.h"

#include <fmt/format.h>

#include "config/keys/tables.h"
#include "config/secret_keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::config {
namespace {

std::string dump(const model::Snapshot& snapshot, int indent) {
  return write_table(file_table(), snapshot).dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string effective_json(const model::Snapshot& snapshot) { return dump(snapshot, 2) + "\n"; }

std::string shown_json(const model::Snapshot& snapshot) {
  Json json = write_table(file_table(), snapshot);
  hide_secrets(json);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string effective_hash(const model::Snapshot& snapshot) {
  const std::string text = dump(snapshot, -1);
  return fmt::format("{:016x}", XXH3_64bits(text.data(), text.size()));
}

}  // namespace weir::config
