#include "lb/server/admin_api.h"

#include <fmt/format.h>

#include <utility>

#include "lb/admin/handler.h"
#include "lb/base/log.h"

namespace weir::server {

AdminApi::AdminApi(wire::Context& context, net::ListeningSockets sockets, admin::State state)
    : loop_(context.loop),
      state_(std::move(state)),
      bind_(sockets.address),
      gate_(bind_, ""),
      live_(context.loop),
      plans_(context.loop),
      server_(context, std::move(sockets), [this, &context](const admin::Request& request) {
        return admin::handle(request, state_, gate_, context.loop.clock().wall());
      }) {
  state_.live = std::make_shared<admin::LiveFeed>(
      [this](auto work, auto done) { return write_live(std::move(work), std::move(done)); });
  state_.elsewhere = [this](auto work) { return plan(std::move(work)); };
}

// A lack of threads that lasts is said once.
bool AdminApi::write_live(std::move_only_function<std::string()> work, admin::LiveFeed::Done done) {
  const auto begun = live_.run(std::move(work), [this, done = std::move(done)](std::string text) {
    done(std::move(text), loop_.now());
    server_.on_news();
  });
  if (!begun && !live_fails_)
    base::log::warn("the live view stands still: no thread to write it: {}", begun.error());
  live_fails_ = !begun;
  return begun.has_value();
}

std::shared_ptr<admin::Later> AdminApi::plan(std::move_only_function<admin::Response()> work) {
  const auto later = std::make_shared<admin::Later>();
  if (planning_) {
    later->complete(admin::problem(429, "another plan is being made: one at a time"));
    return later;
  }
  const auto made = std::make_shared<admin::Response>();
  const auto begun = plans_.run(
      [made, work = std::move(work)]() mutable {
        *made = work();
        return std::string();
      },
      [this, made, later](const std::string&) {
        planning_ = false;
        later->complete(std::move(*made));
      });
  planning_ = begun.has_value();
  if (!begun)
    later->complete(
        admin::problem(503, fmt::format("there is no thread to make a plan: {}; try again", begun.error())));
  return later;
}

void AdminApi::show(const Configuration& configuration) {
  state_.snapshot = configuration.snapshot;
  state_.config_file = configuration.source.file;
  state_.config_hash = configuration.hash;
  state_.config_json = configuration.json;
  state_.certificates = configuration.tls.certificates;
  state_.certificates_of_groups = configuration.tls.certificates_of_groups;
  gate_ = admin::Gate(bind_, configuration.token);
}

}  // namespace weir::server
