#include "lb/explain/listener_choice.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "lb/base/text.h"

namespace weir::explain {
namespace {

std::vector<base::SocketAddress> addresses_of(const World& world, const std::string& listener) {
  const auto found = std::ranges::find(world.bound, listener, &Bound::listener);
  return found == world.bound.end() ? std::vector<base::SocketAddress>() : found->addresses;
}

bool has_port(const World& world, const std::string& listener, std::uint16_t port) {
  return std::ranges::any_of(addresses_of(world, listener), [port](const base::SocketAddress& address) {
    return !address.is_unix() && address.port() == port;
  });
}

bool has_host(const World& world, const std::string& listener, const Question& question) {
  return std::ranges::any_of(addresses_of(world, listener), [&](const base::SocketAddress& address) {
    if (address.is_unix() || address.port() != question.port) return false;
    const std::string text = address.to_string();
    return text.substr(0, text.rfind(':')) == question.host;
  });
}

// The one that the client connected to: the URL's, if the listener is bound to it.
std::uint16_t entrance_port(const World& world, const std::string& listener, const Question& question) {
  if (has_port(world, listener, question.port)) return question.port;
  for (const base::SocketAddress& address : addresses_of(world, listener)) {
    if (!address.is_unix()) return address.port();
  }
  return 0;
}

using Listeners = std::vector<const model::Listener*>;

std::string names_of(const Listeners& listeners) {
  std::vector<std::string> names;
  for (const model::Listener* const listener : listeners) names.push_back("'" + listener->name + "'");
  return fmt::format("{}", fmt::join(names, ", "));
}

bool speaks_scheme(const model::Listener& listener, const Question& question) {
  return listener.tls.has_value() == question.tls;
}

// Those that it holds for; all of them if it holds for none.
Listeners preferred(Listeners listeners, const auto& holds) {
  Listeners those;
  std::ranges::copy_if(listeners, std::back_inserter(those), [&](const auto* one) { return holds(*one); });
  return those.empty() ? listeners : those;
}

}  // namespace

std::expected<ListenerChoice, QuestionError> choose_listener(const World& world, const Question& question) {
  const auto chosen = [&](const model::Listener& listener, std::string why) {
    return ListenerChoice{&listener, std::move(why), entrance_port(world, listener.name, question)};
  };
  const auto refused = [](std::string why) {
    return std::unexpected(QuestionError{"listener", std::move(why)});
  };
  Listeners all, fitting;
  for (const model::Listener& listener : world.snapshot->listeners) {
    if (listener.name == question.asked.listener) return chosen(listener, "named");
    all.push_back(&listener);
    if (has_port(world, listener.name, question.port)) fitting.push_back(&listener);
  }
  if (!question.asked.listener.empty()) {
    return refused(fmt::format("there is no listener '{}'; there is {}",
                               base::escape(question.asked.listener, 64), names_of(all)));
  }
  const bool ambiguous = fitting.size() > 1;
  const auto speaks = [&](const model::Listener& listener) { return speaks_scheme(listener, question); };
  fitting = preferred(std::move(fitting), [&](const model::Listener& listener) {
    return has_host(world, listener.name, question);
  });
  if (fitting.size() > 1) fitting = preferred(std::move(fitting), speaks);
  if (fitting.size() == 1) return chosen(*fitting.front(), fmt::format("bound to port {}", question.port));
  if (all.size() == 1) return chosen(*all.front(), "the only one");
  if (const Listeners speaking = preferred(all, speaks); !ambiguous && speaking.size() == 1)
    return chosen(*speaking.front(), question.tls ? "the only one with TLS" : "the only one without TLS");
  return refused(fmt::format("{} port {}; name one of {}",
                             ambiguous ? "several listeners are bound to" : "no listener is bound to",
                             question.port, names_of(all)));
}

}  // namespace weir::explain
