#include "lb/server/target_tls.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace weir::server {
namespace {

using Trust = std::shared_ptr<const net::TlsTrust>;

// Of all groups that need new ones.
class Maker {
 public:
  explicit Maker(const config::TlsFiles& files) : files_(files) {}

  std::expected<std::shared_ptr<const net::TlsClientContext>, StartError> make(
      const model::TargetGroup& group) {
    const model::TargetTls& tls = *group.tls;
    net::TlsClientSettings settings;
    settings.alpn = {"http/1.1"};
    if (tls.verify) {
      auto trust = trust_of(group.name, tls);
      if (!trust) return std::unexpected(trust.error());
      settings.trust = *std::move(trust);
    }
    if (tls.cert) {
      auto identity = identity_of(group.name, tls);
      if (!identity) return std::unexpected(identity.error());
      settings.identity = *std::move(identity);
    }
    auto made = net::TlsClientContext::make(std::move(settings));
    if (made) return *std::move(made);
    const std::string key = key_of(group.name, "");
    if (tls.cert) return std::unexpected(file_error(*tls.cert, key + "cert", made.error().text));
    return std::unexpected(StartError{tls.place, key + ": " + made.error().text});
  }

 private:
  static std::string key_of(const std::string& group, std::string_view rest) {
    return fmt::format("target_groups.{}.tls.{}", group, rest);
  }

  // It has been read: what could not be was told before.
  const std::string& text(const model::FilePath& file) const { return *files_.find(file.path)->content; }

  std::expected<Trust, StartError> trust_of(const std::string& group, const model::TargetTls& tls) {
    if (tls.ca) {
      auto trust = net::TlsTrust::from_pem(text(*tls.ca));
      if (!trust) return std::unexpected(file_error(*tls.ca, key_of(group, "ca"), trust.error().text));
      return *std::move(trust);
    }
    if (!system_) {
      auto trust = net::TlsTrust::system();
      if (!trust) {
        return std::unexpected(StartError{tls.place, key_of(group, "ca: ") + trust.error()});
      }
      system_ = *std::move(trust);
    }
    return system_;
  }

  std::expected<net::TlsIdentity, StartError> identity_of(const std::string& group,
                                                          const model::TargetTls& tls) const {
    auto identity = net::read_tls_identity(text(*tls.cert), text(*tls.key));
    if (identity) return *std::move(identity);
    const bool in_key = identity.error().file == net::TlsFile::key;
    return std::unexpected(file_error(in_key ? *tls.key : *tls.cert, key_of(group, in_key ? "key" : "cert"),
                                      identity.error().text));
  }

  const config::TlsFiles& files_;
  Trust system_;
};

// Places are no part of what is compared, nor whose name the targets have to have, which no context knows.
bool needs_same(const model::TargetTls& one, const model::TargetTls& other) {
  return one.verify == other.verify && one.ca == other.ca && one.cert == other.cert && one.key == other.key;
}

// Null: there is none, or it was made of something else.
std::shared_ptr<const net::TlsClientContext> found_before(const model::TargetGroup& group,
                                                          const config::TlsFileHashes& hashes,
                                                          const TargetTlsBefore& before) {
  if (before.snapshot == nullptr) return nullptr;
  const auto& groups = before.snapshot->target_groups;
  const auto old = std::ranges::find(groups, group.name, &model::TargetGroup::name);
  if (old == groups.end() || !old->tls || !needs_same(*old->tls, *group.tls)) return nullptr;
  for (const auto* const file : {&group.tls->ca, &group.tls->cert, &group.tls->key}) {
    if (*file && !config::is_same_file((*file)->path, *before.files, hashes)) return nullptr;
  }
  const auto found = before.contexts->find(group.name);
  return found == before.contexts->end() ? nullptr : found->second;
}

}  // namespace

std::expected<TargetContexts, StartError> target_contexts(const model::Snapshot& snapshot,
                                                          const config::TlsFiles& files,
                                                          const config::TlsFileHashes& hashes,
                                                          const TargetTlsBefore& before) {
  TargetContexts contexts;
  Maker maker(files);
  for (const model::TargetGroup& group : snapshot.target_groups) {
    if (!group.tls) continue;
    auto context = found_before(group, hashes, before);
    if (context == nullptr) {
      auto made = maker.make(group);
      if (!made) return std::unexpected(made.error());
      context = *std::move(made);
    }
    contexts.emplace(group.name, std::move(context));
  }
  return contexts;
}

}  // namespace weir::server
