#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lb/http/head.h"
#include "lb/observe/access_parts.h"
#include "lb/proxy/connection.h"
#include "lb/proxy/introduction.h"

namespace weir::proxy {

class ListenerView;

// A client as its requests see it, whatever version of HTTP it speaks: who it is, and by what it came. Where
// a PROXY header was asked for, both are what that says.
class Client : public Connection {
 public:
  const base::IpAddress& ip() const { return ip_; }
  const std::string& ip_text() const { return ip_text_; }  // "unix" for a unix socket
  std::uint16_t port() const { return port_; }
  bool is_unix() const { return unix_; }
  // By which port it came, as it sees it; 0 and empty: none.
  std::uint16_t entered_port() const;
  std::string_view entered_port_text() const;
  const base::SocketAddress* entered() const { return seat().entered.get(); }  // null: not known

  bool speaks_http2() const { return introduction_.protocol == observe::ClientProtocol::http2; }
  const net::TlsFacts* tls() const { return introduction_.tls.get(); }  // null: in the clear
  bool plain_on_tls() const { return introduction_.plain_on_tls; }
  // The fields that tell targets of its certificate; null: it has none.
  const http::FieldList* certificate_fields();
  const net::ProxyHeader* proxied() const { return introduction_.proxied.get(); }
  // Made when it is first asked for; `grpc`: of a request that is a call of gRPC. Valid until the next call.
  const observe::AccessClient& access_part(bool grpc);

  // A request of it goes by this view.
  void meet(const ListenerView& view);
  // Stands in forwarded.trust of the view that its last request began with.
  bool trusted() const { return trusted_; }

 protected:
  Client(Listener& its_listener, Seat its_seat, Introduction introduction);

 private:
  const Introduction introduction_;
  base::IpAddress ip_;
  std::uint16_t port_;
  bool unix_;
  bool trusted_ = false;
  bool access_part_is_grpc_ = false;
  std::uint64_t met_ = 0;  // the view
  std::string ip_text_;
  std::string proxied_port_text_;  // empty: the entrance's counts
  std::unique_ptr<const http::FieldList> certificate_fields_;
  std::unique_ptr<const observe::AccessClient> access_part_;
};

// What the access log tells of its TLS and of its PROXY header. Views of the client's.
observe::AccessIntroduction access_introduction(const Client& client);

}  // namespace weir::proxy
