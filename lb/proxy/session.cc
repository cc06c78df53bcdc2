#include "lb/proxy/session.h"

#include "lb/http/cookies.h"

namespace weir::proxy {

const sticky::Ticket* Session::begin(const Stickiness& stickiness, CookieSeal& seal,
                                     const http::FieldList& request, std::int64_t now) {
  stickiness_ = &stickiness;
  issue_.reset();
  id_.reset();
  reading_ = sticky::read_cookies(seal.sealer, stickiness.settings, stickiness.cookie, stickiness.scope,
                                  request, now);
  decision_ = sticky::decide(stickiness.settings, reading_, sticky::Fitness::gone);
  return sticky::is_bound(stickiness.settings, reading_) ? &reading_.ticket : nullptr;
}

void Session::answered(bool by_named, const http::FieldList& response, std::int64_t now,
                       sticky::Nonces& nonces) {
  decision_.outcome = sticky::answered(decision_, by_named);
  const model::Stickiness& settings = stickiness_->settings;
  const bool sets_app_cookie = settings.type == model::Stickiness::Type::app_cookie &&
                               http::sets_cookie(response, settings.app_cookie);
  issue_ = sticky::issue(settings, reading_, decision_.outcome, sets_app_cookie, now);
  if (issue_) {
    id_ = issue_->session ? *issue_->session : nonces.next_session();
  } else if (decision_.outcome == sticky::Outcome::kept) {
    id_ = reading_.ticket.session;
  }
}

void Session::add_cookie(sticky::Ticket to, CookieSeal& seal, bool by_tls, http::FieldList& response) const {
  to.issued = issue_->issued;
  to.session = *id_;
  const sticky::Purpose purpose{.cookie = stickiness_->cookie.name(), .scope = stickiness_->scope};
  const auto value = seal.sealer.seal(purpose, to, seal.nonces.next());
  if (value) stickiness_->cookie.add_to(response, *value, by_tls);
}

}  // namespace weir::proxy
