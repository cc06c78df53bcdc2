#include "lb/proxy/target_link.h"

#include "lb/proxy/group.h"
#include "lb/proxy/target.h"

namespace weir::proxy {
namespace {

wire::Reason reason_of(net::TlsFailure failure) {
  switch (failure) {
    case net::TlsFailure::certificate_expired:
    case net::TlsFailure::certificate_revoked:
    case net::TlsFailure::certificate_unknown_ca:
    case net::TlsFailure::certificate_refused:
    case net::TlsFailure::name_mismatch: return wire::Reason::target_certificate;
    default: return wire::Reason::target_tls;
  }
}

}  // namespace

bool IdleConnections::close_oldest() {
  if (oldest_ == nullptr) return false;
  oldest_->close_idle();
  return true;
}

TargetLink::TargetLink(Target& target, net::TlsStream* tls, const Approach& approach)
    : target_(target),
      tls_(tls),
      approach_(approach.plain() ? nullptr : std::make_unique<const Approach>(approach)),
      epoch_(target.group().epoch()) {}

TargetLink::~TargetLink() { leave_idle(); }

bool TargetLink::came_by(const Approach& approach) const {
  return approach_ ? *approach_ == approach : approach.plain();
}

bool TargetLink::came_as(const TargetLink& other) const {
  return other.approach_ ? came_by(*other.approach_) : is_plain();
}

bool TargetLink::is_current() const { return epoch_ == target_.group().epoch(); }

wire::Failure TargetLink::explained_by_tls(const wire::Failure& failure) {
  if (tls_ == nullptr || tls_->failure() == net::TlsFailure::none) return failure;
  target_.group().warn_of_tls(target_, approach_->server_name, *tls_);
  return {reason_of(tls_->failure()), http::Problem::none, 0};
}

void TargetLink::enter_idle(base::Instant now) {
  IdleConnections& all = target_.idle_connections();
  idle_ = true;
  idle_since_ = now;
  older_ = all.newest_;
  newer_ = nullptr;
  (older_ != nullptr ? older_->newer_ : all.oldest_) = this;
  all.newest_ = this;
  ++all.count_;
}

void TargetLink::leave_idle() {
  if (!idle_) return;
  IdleConnections& all = target_.idle_connections();
  idle_ = false;
  (older_ != nullptr ? older_->newer_ : all.oldest_) = newer_;
  (newer_ != nullptr ? newer_->older_ : all.newest_) = older_;
  --all.count_;
}

}  // namespace weir::proxy
