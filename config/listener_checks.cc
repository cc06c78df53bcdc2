#include "config/listener_checks.h"

#include <algorithm>
#include <map>

namespace weir::config {

using model::Listener;
using model::Place;
using model::Protocol;
using model::Template;

namespace {

bool keeps(const Template& text, std::string_view same) {
  return text.parts.empty() || to_string(text) == same;
}

bool is_own_port(const Template& port, const Listener& listener) {
  return keeps(port, "#{port}") || std::ranges::any_of(listener.binds, [&](const model::Bind& bind) {
           return !bind.address.is_unix() && to_string(port) == std::to_string(bind.address.port());
         });
}

// Names the scheme that clients of the listener come with anyway, and changes nothing else. One without a
// scheme is refused where it is read.
bool goes_round(const model::RedirectAction& redirect, const Listener& listener) {
  const char* const scheme = listener.protocol == Protocol::https ? "https" : "http";
  return !redirect.scheme.parts.empty() && to_string(redirect.scheme) == scheme &&
         keeps(redirect.host, "#{host}") && is_own_port(redirect.port, listener) &&
         keeps(redirect.path, "/#{path}") && keeps(redirect.query, "#{query}");
}

}  // namespace

ListenerChecks::ListenerChecks(const Listener& listener, const Files& files, Report& report)
    : listener_(listener), files_(files), report_(report) {}

void ListenerChecks::find_errors() const {
  if (listener_.protocol != Protocol::https || listener_.tls) return;
  report_.add_with_hint<Message::https_without_tls>(
      at(listener_.protocol_place, "protocol"), "add 'tls: { certificates: [{ cert: FILE, key: FILE }] }'");
}

void ListenerChecks::find_warnings() const {
  warn_of_certificates();
  warn_of_redirect(listener_.default_action, "redirect");
  for (std::size_t i = 0; i < listener_.rules.size(); ++i)
    warn_of_redirect(listener_.rules[i].action, fmt::format("rules[{}].redirect", i));
}

void ListenerChecks::warn_of_certificates() const {
  if (!listener_.tls) return;
  std::map<std::string_view, const Place*> seen;
  const auto& certificates = listener_.tls->certificates;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    const model::FilePath& file = certificates[i].cert;
    const auto [first, is_new] = seen.emplace(file.path, &file.place);
    if (is_new) continue;
    report_.add<Message::certificate_twice>(at(file.place, fmt::format("tls.certificates[{}].cert", i)),
                                            shown(file.path), first->second->to_string());
  }
}

void ListenerChecks::warn_of_redirect(const model::Action& action, const std::string& key) const {
  const auto* const redirect = std::get_if<model::RedirectAction>(&action);
  if (redirect != nullptr && goes_round(*redirect, listener_))
    report_.add<Message::redirect_loop>(at(redirect->place, key));
}

Where ListenerChecks::at(const Place& place, std::string_view key) const {
  return files_.where(place, fmt::format("listeners.{}.{}", listener_.name, key));
}

}  // namespace weir::config
