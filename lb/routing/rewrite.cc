#include "lb/routing/rewrite.h"

#include <algorithm>

#include "lb/http/syntax.h"
#include "lb/routing/path.h"

namespace weir::routing {
namespace {

bool is_path_character(char c) { return c > ' ' && c < 0x7f && c != '?' && c != '#'; }

std::optional<std::string> replaced(const model::Substitution& substitution, std::string_view text) {
  return substitution.expression.replace_first(text, substitution.replacement);
}

std::optional<std::string> new_authority(const model::Rewrite& rules, std::string_view authority) {
  if (rules.host) return rules.host;
  if (!rules.host_regex) return std::nullopt;
  const std::string_view host = http::split_authority(authority).host;
  std::optional<std::string> changed = replaced(*rules.host_regex, host);
  if (changed) *changed += authority.substr(host.size());
  return changed;
}

// With its leading slash.
std::string_view without_prefix(std::string_view path, std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!path.starts_with(prefix)) return path;
  const std::string_view rest = path.substr(prefix.size());
  if (rest.empty()) return "/";
  return rest.starts_with('/') ? rest : path;
}

std::optional<std::string> new_path(const model::Rewrite& rules, std::string_view path) {
  if (rules.path_regex) return replaced(*rules.path_regex, path);
  const std::string_view rest = without_prefix(path, rules.strip_prefix);
  std::string_view prefix = rules.add_prefix;
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty() && rest.size() == path.size()) return std::nullopt;
  return std::string(prefix).append(rest);
}

}  // namespace

std::string_view to_string(RewriteError error) {
  return error == RewriteError::bad_host ? "bad_host" : "bad_path";
}

std::expected<Rewritten, RewriteError> rewrite(const model::Rewrite& rules, std::string_view authority,
                                               std::string_view target) {
  Rewritten result;
  result.authority = new_authority(rules, authority);
  if (result.authority && !http::is_authority(*result.authority)) {
    return std::unexpected(RewriteError::bad_host);
  }
  if (!target.starts_with('/')) return result;  // `*` is no path
  const std::size_t question = std::min(target.find('?'), target.size());
  result.target = new_path(rules, target.substr(0, question));
  if (!result.target) return result;
  if (!result.target->starts_with('/') || !std::ranges::all_of(*result.target, is_path_character)) {
    return std::unexpected(RewriteError::bad_path);
  }
  if (has_dot_segment(*result.target)) return std::unexpected(RewriteError::bad_path);
  *result.target += target.substr(question);
  return result;
}

}  // namespace weir::routing
