#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lb/http/head.h"
#include "lb/model/target_group.h"
#include "lb/sticky/decision.h"
#include "lb/sticky/nonces.h"
#include "lb/sticky/reading.h"
#include "lb/sticky/seal.h"
#include "lb/sticky/set_cookie.h"

namespace weir::proxy {

// What seals and opens the cookies of one worker.
struct CookieSeal {
  explicit CookieSeal(std::shared_ptr<const sticky::Keys> keys) : sealer(std::move(keys)) {}
  sticky::Sealer sealer;
  sticky::Nonces nonces;
};

// What clients stick to, a target group's targets or a rule's groups, and the cookie for that. Immutable.
struct Stickiness {
  Stickiness(const model::Stickiness& its_settings, std::string its_scope)
      : settings(its_settings), cookie(its_settings), scope(std::move(its_scope)) {}
  const model::Stickiness settings;
  const sticky::SetCookie cookie;
  const std::string scope;  // see sticky::Purpose
};

// One client's session with one of them, for the length of one exchange.
class Session {
 public:
  // No session until begin().
  void forget() {
    stickiness_ = nullptr;
    issue_.reset();
  }
  bool active() const { return stickiness_ != nullptr; }

  // Reads the request's cookies. Returns whom the client is bound to, for found() to decide about; null:
  // to nobody. Good until the sealer opens another cookie.
  const sticky::Ticket* begin(const Stickiness& stickiness, CookieSeal& seal, const http::FieldList& request,
                              std::int64_t now);
  void found(sticky::Fitness fitness) {
    decision_ = sticky::decide(stickiness_->settings, reading_, fitness);
  }
  // Whether whom the cookie names is to be used.
  bool sticks() const { return decision_.use; }

  // A response has come: from whom the cookie names, if `by_named`.
  void answered(bool by_named, const http::FieldList& response, std::int64_t now, sticky::Nonces& nonces);
  // Whether a cookie goes with it.
  bool due() const { return issue_.has_value(); }
  // Adds that cookie, which binds to `to`; its times and session are filled in here.
  void add_cookie(sticky::Ticket to, CookieSeal& seal, bool by_tls, http::FieldList& response) const;

  sticky::Outcome outcome() const { return decision_.outcome; }
  // Once it was answered; absent: the client has none (yet). Only of a session that is active.
  std::optional<std::uint64_t> id() const { return id_; }

 private:
  const Stickiness* stickiness_ = nullptr;
  sticky::Reading reading_;
  sticky::Decision decision_;
  std::optional<sticky::Issue> issue_;
  std::optional<std::uint64_t> id_;
};

}  // namespace weir::proxy
