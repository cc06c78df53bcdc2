#include "lb/server/upgrade_offer.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "lb/server/descriptors.h"
#include "lb/server/upgrade_json.h"
#include "lb/server/upgrade_program.h"
#include "lb/sticky/keys.h"

namespace weir::server::upgrade {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kSocketsAtOnce = 64;
constexpr base::Duration kMessagePatience = std::chrono::seconds(10);

std::string_view word(InheritedSocket::Of of) {
  switch (of) {
    case InheritedSocket::Of::listener: return "listener";
    case InheritedSocket::Of::admin: return "admin";
    case InheritedSocket::Of::anyone: break;
  }
  return "anyone";
}

InheritedSocket::Of read_owner(const std::string& text) {
  using Of = InheritedSocket::Of;
  return text == "listener" ? Of::listener : text == "admin" ? Of::admin : Of::anyone;
}

std::expected<net::Fd, std::string> copy_of(const net::Fd& fd) {
  net::Fd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (copy.valid()) return copy;
  return std::unexpected(std::string("a descriptor cannot be shared: ") + std::strerror(errno));
}

std::expected<void, std::string> write(const InheritedSocket& one, const Send& send) {
  for (std::size_t at = 0; at < one.sockets.size(); at += kSocketsAtOnce) {
    net::Message message{upgrade::message("sockets", {{"wanted", one.wanted.to_string()},
                                                      {"address", one.address.to_string()},
                                                      {"of", word(one.of)},
                                                      {"listener", one.listener},
                                                      {"number", at},
                                                      {"owns_file", one.owns_file},
                                                      {"service_manager", one.service_manager}})};
    for (std::size_t i = at; i < std::min(one.sockets.size(), at + kSocketsAtOnce); ++i) {
      auto copy = copy_of(one.sockets[i]);
      if (!copy) return std::unexpected(copy.error());
      message.fds.push_back(*std::move(copy));
    }
    send(std::move(message));
  }
  return {};
}

void read_sockets(const Json& json, std::vector<net::Fd> fds, InheritedSockets& sockets) {
  if (json.value("number", 0U) != 0 && !sockets.empty()) {
    std::ranges::move(fds, std::back_inserter(sockets.back().sockets));
    return;
  }
  const auto wanted = base::SocketAddress::parse(json.at("wanted").get<std::string>());
  const auto address = base::SocketAddress::parse(json.at("address").get<std::string>());
  if (!wanted || !address || fds.empty()) throw std::invalid_argument("sockets without an address");
  sockets.push_back({.wanted = *wanted,
                     .address = *address,
                     .sockets = std::move(fds),
                     .of = read_owner(json.value("of", "")),
                     .listener = json.value("listener", ""),
                     .owns_file = json.value("owns_file", false),
                     .service_manager = json.value("service_manager", true)});  // older ones do not say
}

// Empty: a weir that has none, or does not know of them, says nothing.
std::string taken_secret(Json& json, const char* name) {
  std::string secret = json.value(name, "");
  if (json.contains(name)) sticky::cleanse(json[name].get_ref<std::string&>());
  return secret;
}

// True: it is complete.
bool read(net::Message& message, Offer& offer) {
  Json json = Json::parse(message.text);
  const std::string type = json.value("type", "");
  if (type == "sockets") read_sockets(json, std::move(message.fds), offer.sockets);
  if (type == "state_lock" && !message.fds.empty()) offer.state_lock = std::move(message.fds.front());
  if (type == "secrets") {
    offer.via_token = json.value("via_token", "");
    offer.cookie_keys = taken_secret(json, "cookie_keys");
    offer.ticket_keys = taken_secret(json, "ticket_keys");
    sticky::cleanse(message.text);
  }
  return type == "offered";
}

std::optional<net::Fd> own_channel() {
  const char* const variable = std::getenv(kVariable);
  if (variable == nullptr) return std::nullopt;
  const std::string_view text(variable);
  int fd = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fd);
  const bool number = error == std::errc() && end == text.data() + text.size() && fd > 2;
  ::unsetenv(kVariable);
  if (!number || ::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return net::Fd();
  return net::Fd(fd);
}

}  // namespace

std::expected<void, std::string> write(const Offer& offer, const Send& send) {
  for (const InheritedSocket& one : offer.sockets) {
    if (auto done = write(one, send); !done) return done;
  }
  if (offer.state_lock.valid()) {
    auto copy = copy_of(offer.state_lock);
    if (!copy) return std::unexpected(copy.error());
    net::Message message{upgrade::message("state_lock", Json::object())};
    message.fds.push_back(*std::move(copy));
    send(std::move(message));
  }
  send({message("secrets", {{"via_token", offer.via_token},
                            {"cookie_keys", offer.cookie_keys},
                            {"ticket_keys", offer.ticket_keys}})});
  send({message("offered", Json::object())});
  return {};
}

std::expected<std::optional<Received>, std::string> receive_offer() {
  auto channel = own_channel();
  if (!channel) return std::nullopt;
  const std::string hello = message("hello", {{"pid", ::getpid()}});
  if (!channel->valid() || ::send(channel->get(), hello.data(), hello.size(), MSG_NOSIGNAL) < 0) {
    return std::unexpected(std::string(kVariable) + " leads to no weir that is being upgraded");
  }
  raise_descriptor_limit();
  Received received{.offer = {}, .channel = *std::move(channel)};
  while (true) {
    auto came = net::receive_message(received.channel, kMessagePatience);
    if (!came) return std::unexpected("nothing was handed over: " + came.error());
    try {
      if (read(*came, received.offer)) return received;
    } catch (const std::exception& problem) {
      return std::unexpected(std::string("what was handed over makes no sense: ") + problem.what());
    }
  }
}

}  // namespace weir::server::upgrade
