#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lb/explain/recording_stream.h"
#include "lb/model/snapshot.h"
#include "lb/proxy/engine.h"
#include "lb/proxy/listener.h"

namespace weir::explain {

// The proxy itself, with clients and targets that are recordings: what becomes of a request, by the very code
// that forwards. It has counters of its own, and nobody else uses its loop. One thread.
class DryRun {
 public:
  struct Setup {
    std::shared_ptr<const model::Snapshot> snapshot;
    std::vector<proxy::GroupView> views;  // of copies, in the order of the snapshot's groups
    std::shared_ptr<const sticky::Keys> keys = {};
    std::string via_token = {};
  };

  struct Client {
    base::IpAddress address;
    std::uint16_t port = 0;  // of the listener, as the client sees it
    bool tls = false;        // speaks TLS
    std::string host = {};   // of its URL, which it names by SNI
  };

  // What was sent to a target, and to which.
  struct Sent {
    std::size_t group = 0;  // of the snapshot
    balance::Slot slot = 0;
    std::string bytes;
  };
  struct Outcome {
    std::optional<std::size_t> rule;  // that was met; as many as there are rules: the default action; absent:
                                      // refused before
    std::optional<Sent> sent;
    std::string answered;  // to the client, by weir itself
    std::string_view why;  // the answer is no action of a rule; empty: it is
    bool waits() const { return !sent && answered.empty(); }  // all targets are at their max_requests
  };

  // The loop need not run, but it outlives this.
  DryRun(net::Loop& loop, const Setup& setup);
  ~DryRun();
  DryRun(const DryRun&) = delete;
  DryRun& operator=(const DryRun&) = delete;

  // `listener` is one of the snapshot's.
  Outcome ask(const model::Listener& listener, const Client& client, std::string request);

 private:
  // A listener, and what has been counted there before.
  struct Stage {
    std::unique_ptr<proxy::Listener> listener;
    std::vector<std::shared_ptr<observe::RuleCounters>> rules;  // the last one is the default action's
  };
  struct Place {
    std::size_t group = 0;
    balance::Slot slot = 0;
    std::uint32_t outstanding = 0;  // before anything was asked
  };

  Stage& stage(const model::Listener& listener);
  static proxy::EngineSetup engine_setup(DryRun& self, const Setup& setup);
  std::unique_ptr<net::ByteStream> connect(const base::SocketAddress& to);
  void note_targets();

  net::Loop& loop_;
  observe::Registry registry_;
  proxy::ProcessLimits limits_;
  const proxy::NodeNames node_;
  const std::vector<proxy::GroupView> views_;
  std::multimap<base::SocketAddress, Place> places_;
  proxy::Engine engine_;
  std::map<std::string, Stage> stages_;
  std::shared_ptr<Recording> to_target_;  // of the question that is being asked
  std::optional<Place> taken_;
};

}  // namespace weir::explain
