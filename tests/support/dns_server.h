#pragma once

#include <list>
#include <map>
#include <string>
#include <vector>

#include "lb/base/address.h"
#include "lb/net/fd.h"
#include "tests/support/dns_reply.h"

namespace weir::test {

// A DNS server on a loopback port, over UDP and TCP, that says what the test has written down. Has no thread:
// serve() answers what has come.
class DnsServer {
 public:
  DnsServer();

  const base::SocketAddress& address() const { return address_; }
  // To questions for the type at that name; other types of a name with an answer have no data, other names do
  // not exist.
  void answer(const DnsQuestion& question, DnsReply reply) { replies_[question] = std::move(reply); }
  void forget() { replies_.clear(); }
  void serve();

  std::vector<DnsQuestion> asked;  // over UDP
  std::vector<DnsQuestion> asked_over_tcp;

 private:
  struct Connection {
    net::Fd fd;
    std::string received;
  };

  bool listen();
  DnsReply reply_to(const DnsQuestion& question) const;
  void serve_datagrams();
  void serve_connection(Connection& connection);

  base::SocketAddress address_;
  net::Fd datagrams_;
  net::Fd listening_;
  std::list<Connection> connections_;
  std::map<DnsQuestion, DnsReply> replies_;
};

}  // namespace weir::test
