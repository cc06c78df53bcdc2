#pragma once

#include <vector>

#include "bench/load/link.h"

namespace weir::bench {

class Http2Link;

// A connection of HTTP/2 that several users share, made when it is needed. One whose server leaves goes on
// with the exchanges that it has, beside the next one.
class Http2Trunk final : wire::Http2ClientOwner {
 public:
  explicit Http2Trunk(LinkContext& shared) : shared_(shared) {}
  ~Http2Trunk();
  Http2Trunk(const Http2Trunk&) = delete;
  Http2Trunk& operator=(const Http2Trunk&) = delete;

 private:
  friend class Http2Link;

  std::expected<wire::ClientStream*, int> begin(wire::ClientHandler& handler, Http2Link& link);
  // At the end of the loop's turn, with others: their requests go out together.
  void free_later(Http2Link& link);
  void defer_free_all();
  void free_all();
  void forget(Http2Link& link);

  void on_room(wire::Http2Client& connection) override;
  void on_closed(wire::Http2Client& connection) override;

  LinkContext& shared_;
  std::vector<std::unique_ptr<wire::Http2Client>> connections_;  // the last one is the newest
  std::vector<Http2Link*> waiting_;                              // for room
  std::vector<Http2Link*> freed_;
  bool free_all_is_due_ = false;
};

// One user's place on a trunk, which outlives it.
class Http2Link final : public Link {
 public:
  Http2Link(Http2Trunk& trunk, LinkOwner& owner) : trunk_(trunk), owner_(owner) {}
  ~Http2Link() override;
  Http2Link(const Http2Link&) = delete;
  Http2Link& operator=(const Http2Link&) = delete;

  std::expected<wire::ClientStream*, int> begin(wire::ClientHandler& handler) override;
  void answered() override;
  void failed() override;

 private:
  friend class Http2Trunk;

  Http2Trunk& trunk_;
  LinkOwner& owner_;
  wire::ClientStream* stream_ = nullptr;  // of the exchange under way
};

}  // namespace weir::bench
