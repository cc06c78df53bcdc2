#include "lb/server/admin_api.h"

#include <utility>

#include "lb/admin/handler.h"
#include "lb/admin/live_source.h"

namespace weir::server {

AdminApi::AdminApi(wire::Context& context, net::ListeningSockets sockets, admin::State state)
    : state_(std::move(state)),
      bind_(sockets.address),
      gate_(bind_, ""),
      live_(context.loop),
      server_(context, std::move(sockets), [this, &context](const admin::Request& request) {
        return admin::handle(request, state_, gate_, context.loop.clock().wall());
      }) {
  state_.live = std::make_shared<admin::LiveFeed>([this](auto work, auto done) {
    live_.run(std::move(work), [this, done = std::move(done)](std::string text) {
      done(std::move(text));
      server_.on_news();
    });
  });
}

void AdminApi::show(const Configuration& configuration) {
  state_.snapshot = configuration.snapshot;
  state_.config_file = configuration.source.file;
  state_.config_hash = configuration.hash;
  state_.config_json = configuration.json;
  gate_ = admin::Gate(bind_, configuration.token);
}

}  // namespace weir::server
