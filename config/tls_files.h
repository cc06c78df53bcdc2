#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/finding.h"
#include "config/read_file.h"
#include "lb/model/snapshot.h"

// The files that TLS needs. A load names them and does not read them: who puts a configuration to use does,
// or who checks one, and again when one of them changes.
namespace weir::config {

// One key that names a file.
struct TlsFileUse {
  enum class Kind { certificate, key, ocsp, client_ca, client_crl, ticket_keys, target_ca };

  Kind kind = Kind::certificate;
  std::string path;
  model::Place place;
  enum class Owner { listener, target_group };
  Owner owner = Owner::listener;
  std::string name;  // of the listener or group
  std::string key;   // of it: "tls.certificates[0].cert"

  bool is_secret() const { return kind == Kind::key || kind == Kind::ticket_keys; }
  std::string full_key() const {
    return (owner == Owner::listener ? "listeners." : "target_groups.") + name + "." + key;
  }
  bool operator==(const TlsFileUse&) const = default;
};

// In the order of the file. The same file may have several uses.
std::vector<TlsFileUse> tls_file_uses(const model::Snapshot& snapshot);

inline constexpr std::size_t kMostTlsFileBytes = std::size_t{1} << 20;   // of one
inline constexpr std::size_t kMostTlsFilesBytes = std::size_t{1} << 28;  // of all

// Equal for equal contents. Stays in this process: it is made for comparing, and keeps no secret.
struct TlsFileHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const TlsFileHash&) const = default;
};
using TlsFileHashes = std::map<std::string, std::optional<TlsFileHash>>;  // by path; absent: not readable

struct TlsFile {
  std::expected<std::string, ReadFailure> content;
  bool open_to_all = false;  // every user of this machine may read it
};

// What was read, by path: each file once.
class TlsFiles {
 public:
  void add(const std::string& path, TlsFile file) { files_.insert_or_assign(path, std::move(file)); }
  const TlsFile* find(const std::string& path) const;
  TlsFileHashes hashes() const;

 private:
  std::map<std::string, TlsFile> files_;
};

// Blocks.
TlsFiles read_tls_files(const std::vector<TlsFileUse>& uses);

// An error for each use of a file that could not be read, a warning for each secret that is open to all.
std::vector<Finding> tls_file_findings(const std::vector<TlsFileUse>& uses, const TlsFiles& files);

// Both could be read, and hold the same.
bool is_same_file(const std::string& path, const TlsFileHashes& before, const TlsFileHashes& after);

// The paths that both have, with different contents.
std::vector<std::string> changed_tls_files(const TlsFileHashes& before, const TlsFileHashes& after);

}  // namespace weir::config
