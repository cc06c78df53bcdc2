#include "config/tls_files.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>

#include "config/keys/units.h"
#include "lb/base/text.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace weir::config {
namespace {

using UseKind = TlsFileUse::Kind;

// Those of one listener or target group.
class Uses {
 public:
  Uses(TlsFileUse::Owner owner, const std::string& name, std::vector<TlsFileUse>& uses)
      : owner_(owner), name_(name), uses_(uses) {}

  void add(UseKind kind, const model::FilePath& file, std::string key) {
    uses_.push_back({.kind = kind,
                     .path = file.path,
                     .place = file.place,
                     .owner = owner_,
                     .name = name_,
                     .key = "tls." + std::move(key)});
  }
  void add(UseKind kind, const std::optional<model::FilePath>& file, std::string key) {
    if (file) add(kind, *file, std::move(key));
  }

 private:
  const TlsFileUse::Owner owner_;
  const std::string& name_;
  std::vector<TlsFileUse>& uses_;
};

void append_uses(const model::Listener& listener, std::vector<TlsFileUse>& all) {
  if (!listener.tls) return;
  const model::ListenerTls& tls = *listener.tls;
  Uses uses(TlsFileUse::Owner::listener, listener.name, all);
  for (std::size_t i = 0; i < tls.certificates.size(); ++i) {
    const model::TlsCertificate& certificate = tls.certificates[i];
    const std::string key = fmt::format("certificates[{}].", i);
    uses.add(UseKind::certificate, certificate.cert, key + "cert");
    uses.add(UseKind::key, certificate.key, key + "key");
    uses.add(UseKind::ocsp, certificate.ocsp, key + "ocsp");
  }
  if (tls.client_auth) {
    uses.add(UseKind::client_ca, tls.client_auth->ca, "client_auth.ca");
    uses.add(UseKind::client_crl, tls.client_auth->crl, "client_auth.crl");
  }
  uses.add(UseKind::ticket_keys, tls.ticket_keys_file, "ticket_keys_file");
}

void append_uses(const model::TargetGroup& group, std::vector<TlsFileUse>& all) {
  if (!group.tls) return;
  Uses uses(TlsFileUse::Owner::target_group, group.name, all);
  uses.add(UseKind::target_ca, group.tls->ca, "ca");
  uses.add(UseKind::certificate, group.tls->cert, "cert");
  uses.add(UseKind::key, group.tls->key, "key");
}

bool is_open_to_all(const std::string& path) {
  struct stat about{};
  return ::stat(path.c_str(), &about) == 0 && (about.st_mode & S_IROTH) != 0;
}

std::string words(const std::string& path, const ReadFailure& failure) {
  const std::string name = base::escape(path);
  switch (failure.error) {
    case ReadError::system:
      return fmt::format("cannot read '{}': {}", name, std::strerror(failure.system_error));
    case ReadError::not_regular: return fmt::format("'{}' is not a regular file", name);
    case ReadError::too_large: break;
  }
  return fmt::format("'{}' is larger than {}, or all files of TLS are larger than {}", name,
                     format_size(kMostTlsFileBytes), format_size(kMostTlsFilesBytes));
}

Finding finding_of(const TlsFileUse& use, Severity severity, std::string id, std::string message) {
  return {.severity = severity,
          .id = std::move(id),
          .place = use.place,
          .path = use.full_key(),
          .message = std::move(message)};
}

}  // namespace

std::vector<TlsFileUse> tls_file_uses(const model::Snapshot& snapshot) {
  std::vector<TlsFileUse> uses;
  for (const model::Listener& listener : snapshot.listeners) append_uses(listener, uses);
  for (const model::TargetGroup& group : snapshot.target_groups) append_uses(group, uses);
  return uses;
}

const TlsFile* TlsFiles::find(const std::string& path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

TlsFileHashes TlsFiles::hashes() const {
  TlsFileHashes hashes;
  for (const auto& [path, file] : files_) {
    auto& hash = hashes[path];
    if (!file.content) continue;
    const XXH128_hash_t value = XXH3_128bits(file.content->data(), file.content->size());
    hash = TlsFileHash{.high = value.high64, .low = value.low64};
  }
  return hashes;
}

TlsFiles read_tls_files(const std::vector<TlsFileUse>& uses) {
  TlsFiles files;
  std::size_t left = kMostTlsFilesBytes;
  for (const TlsFileUse& use : uses) {
    if (files.find(use.path) != nullptr) continue;
    TlsFile file{.content = read_file(use.path, std::min(left, kMostTlsFileBytes), Accept::regular),
                 .open_to_all = is_open_to_all(use.path)};
    if (file.content) left -= file.content->size();
    files.add(use.path, std::move(file));
  }
  return files;
}

std::vector<Finding> tls_file_findings(const std::vector<TlsFileUse>& uses, const TlsFiles& files) {
  std::vector<Finding> findings;
  for (const TlsFileUse& use : uses) {
    const TlsFile* const file = files.find(use.path);
    if (file == nullptr) continue;
    if (!file->content) {
      findings.push_back(
          finding_of(use, Severity::error, "tls-file", words(use.path, file->content.error())));
    } else if (use.is_secret() && file->open_to_all) {
      findings.push_back(finding_of(
          use, Severity::warning, "tls-file-open",
          fmt::format("every user of this machine may read the keys in '{}'", base::escape(use.path))));
    }
  }
  return findings;
}

bool is_same_file(const std::string& path, const TlsFileHashes& before, const TlsFileHashes& after) {
  const auto old = before.find(path);
  const auto found = after.find(path);
  return old != before.end() && found != after.end() && found->second && old->second == found->second;
}

std::vector<std::string> changed_tls_files(const TlsFileHashes& before, const TlsFileHashes& after) {
  std::vector<std::string> changed;
  for (const auto& [path, hash] : after) {
    const auto found = before.find(path);
    if (found != before.end() && found->second != hash) changed.push_back(path);
  }
  return changed;
}

}  // namespace weir::config
