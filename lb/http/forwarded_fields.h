#pragma once

#include "lb/http/client_certificate.h"
#include "lb/http/forward_rules.h"

// X-Forwarded-For, -Host, -Port, -Proto and Forwarded of one request on its way to a target.
namespace weir::http {

class ForwardedFields {
 public:
  ForwardedFields(const ForwardPolicy& policy, const RequestContext& context);

  // Whether a field without an id may pass: others of the family (X-Forwarded-Prefix), and spellings that
  // a target may take for one of it (X_Forwarded_For), only if the peer is believed; so those that tell of a
  // client's certificate, if weir has not got one itself.
  bool passes(std::string_view name) const {
    if (!believed()) return !is_of_family(name) && !is_of_certificate(name);
    return context_.certificate == nullptr || !is_of_certificate(name);
  }

  // Takes one incoming field of the family: passes it to `out`, keeps it for finish(), or drops it.
  void take(const Field& field, FieldList& out);
  // Appends what weir says itself.
  void finish(const RequestHead& request, FieldList& out) const;

 private:
  bool believed() const { return context_.peer_trusted && policy_.mode != ForwardedMode::remove; }
  static bool is_of_family(std::string_view name);
  void finish_address(const RequestHead& request, FieldList& out) const;
  void finish_forwarded(const RequestHead& request, FieldList& out) const;

  const ForwardPolicy& policy_;
  const RequestContext& context_;
  bool host_seen_ = false;
  bool port_seen_ = false;
  bool proto_seen_ = false;
};

}  // namespace weir::http
