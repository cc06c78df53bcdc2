#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lb/model/collector_url.h"
#include "lb/net/resolver.h"
#include "lb/trace/verdict.h"
#include "lb/wire/http1_client.h"

namespace weir::trace {

// Posts JSON to one URL, one body at a time, over a connection that it keeps. On the thread of its loop.
class Poster final : wire::ClientHandler, wire::ClientOwner {
 public:
  static constexpr base::Duration kConnectTimeout = std::chrono::seconds(3);  // of each address
  static constexpr std::size_t kMostBody = 64 * 1024;                         // that is kept of an answer

  using Callback = std::move_only_function<void(Answer)>;

  Poster(wire::Context& context, net::Resolver& resolver, model::CollectorUrl url, base::Duration timeout);
  ~Poster();
  Poster(const Poster&) = delete;
  Poster& operator=(const Poster&) = delete;

  // Calls back once, later, within the timeout; not if it is destroyed before. The one before has called
  // back.
  void post(std::string body, Callback done);

 private:
  void on_response_head(http::ResponseHead& head) override;
  void on_body(std::string_view piece) override;
  void on_end(const http::FieldList& trailers) override;
  void on_target_failed(const wire::Failure& failure) override;
  void on_connected() override {}
  void on_congested() override {}
  void on_drained() override {}
  void on_incoming_ready() override {}
  void on_outgoing_ready() override {}

  void on_idle(wire::Http1Client& connection) override;
  void on_closed(wire::Http1Client& connection) override;

  void look_up();
  void found(std::expected<net::DnsAnswer, net::DnsFailure> answer);
  void connect_to_next();
  void send();
  void fail(std::string error);
  void finish();
  void drop_connection();

  wire::Context& context_;
  net::Resolver& resolver_;
  const model::CollectorUrl url_;
  const base::Duration timeout_;
  wire::ClientPolicy policy_;
  wire::Http1Client::Actives actives_;
  net::Resolver::QueryPtr query_;
  std::vector<base::IpAddress> addresses_;  // still to be tried
  std::unique_ptr<wire::Http1Client> connection_;
  net::Deadline deadline_;
  std::string body_;
  Callback done_;  // set while there is a request
  Answer answer_;
  bool answered_ = false;  // wholly
  const std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::trace
