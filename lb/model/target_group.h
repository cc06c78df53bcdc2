#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/model/health_check.h"
#include "lb/model/http2.h"
#include "lb/model/place.h"
#include "lb/model/protocol.h"
#include "lb/model/tls.h"
#include "lb/model/weight.h"

// A target group as the configuration describes it. Absent optionals mean `off`.
namespace weir::model {

struct Target {
  base::SocketAddress address;
  Place address_place;
  std::string id;                             // address:port where none is given
  std::string zone;                           // empty: none
  std::uint32_t weight = 1;                   // at most kMostWeight; 0: no new requests
  std::optional<std::uint32_t> max_requests;  // at the same time, of all workers
  Place place;
  bool operator==(const Target&) const = default;
};

// Targets that a name stands for: each address of it is one, with these settings.
struct DnsTarget {
  std::string name;
  std::uint16_t port = 0;  // with `srv`: each record has its own
  bool srv = false;
  std::string zone;
  std::uint32_t weight = 1;  // with `srv`: times the record's
  std::optional<std::uint32_t> max_requests;
  Place place;
  Place name_place = {};
  bool operator==(const DnsTarget&) const = default;
};

enum class Algorithm : std::uint8_t {
  power_of_two,
  round_robin,
  least_outstanding,
  random,
  peak_ewma,
  consistent_hash,
};

// As the configuration has it.
std::string_view word(Algorithm algorithm);

// What consistent_hash keeps together.
struct HashKey {
  enum class Kind : std::uint8_t { source, header, cookie, query, path };
  Kind kind = Kind::source;
  std::string name;  // of the header, cookie or query parameter
  bool operator==(const HashKey&) const = default;
};

enum class CrossZone : std::uint8_t { on, off, prefer };

// When too few targets are healthy, all of them get traffic (or, with `refuse`, none). Either bound triggers.
struct FailOpen {
  std::uint32_t min_healthy = 1;
  std::optional<std::uint32_t> min_healthy_percent;
  bool refuse = false;
  Place min_healthy_place = {};
  bool operator==(const FailOpen&) const = default;
};

struct GroupTimeouts {
  std::optional<Milliseconds> connect = std::chrono::seconds(2);
  std::optional<Milliseconds> response = std::chrono::seconds(60);
  std::optional<Milliseconds> idle = std::chrono::seconds(60);
  bool operator==(const GroupTimeouts&) const = default;
};

// Of idle connections, per target and worker.
struct KeepAlive {
  std::uint32_t max_idle = 64;  // 0: none is kept
  std::optional<Milliseconds> max_age = std::chrono::minutes(10);
  std::optional<std::uint64_t> max_requests;
  bool operator==(const KeepAlive&) const = default;
};

// Failures after which another target is tried; all but the first only for idempotent methods.
struct RetryWhen {
  bool connect_failure = true;
  bool reset = false;
  bool timeout = false;
  bool status_502 = false;
  bool status_503 = false;
  bool status_504 = false;
  bool operator==(const RetryWhen&) const = default;
};

struct Retry {
  std::uint32_t attempts = 2;  // all tries, the first included
  RetryWhen when;
  std::uint32_t budget_percent = 20;  // of the group's requests of the last 10 s, beside 3 a second
  std::uint64_t buffer = 64 * 1024;   // the most of a request body that may be sent a second time
  bool operator==(const Retry&) const = default;
};

// Waits for a target that is not at its max_requests.
struct Queue {
  std::uint32_t max = 1024;  // requests of the group, of all workers; 0: none waits
  Milliseconds timeout = std::chrono::seconds(5);
  bool operator==(const Queue&) const = default;
};

// A client stays with its target: a cookie of weir's names it.
struct Stickiness {
  enum class Type : std::uint8_t {
    lb_cookie,   // from the first response on
    app_cookie,  // once the target has set a cookie named `app_cookie`, and while the client sends it
  };
  enum class Renew : std::uint8_t { always, half };  // half: only when half of the ttl has passed
  enum class SameSite : std::uint8_t { lax, strict, none };
  enum class Secure : std::uint8_t { automatic, on, off };  // automatic: when the client came by TLS
  Type type = Type::lb_cookie;
  std::string name = "WEIRLB";  // of weir's cookie
  std::string app_cookie = {};
  std::chrono::seconds ttl = std::chrono::hours(24);
  Renew renew = Renew::always;
  SameSite same_site = SameSite::lax;
  Secure secure = Secure::automatic;
  bool cors_twin = false;  // a second one, named NAMECORS, with SameSite=None and Secure
  Place place = {};
  bool operator==(const Stickiness&) const = default;
};

struct TargetGroup {
  std::string name;
  Place place;
  Protocol protocol = Protocol::http;
  std::optional<TargetHttp2> http2;  // absent: HTTP/1.1
  std::optional<TargetTls> tls;      // exactly where the traffic or the checks are https
  SentProxyHeader proxy_protocol = SentProxyHeader::off;
  Algorithm algorithm = Algorithm::power_of_two;
  HashKey hash;
  Place hash_place;
  std::vector<Target> targets;
  std::vector<DnsTarget> dns_targets;
  CrossZone cross_zone = CrossZone::on;
  Place cross_zone_place;
  FailOpen fail_open;
  std::optional<HealthCheck> health_check = HealthCheck{};
  std::optional<OutlierDetection> outlier_detection = OutlierDetection{};
  Milliseconds slow_start{0};  // 0: off
  Milliseconds drain = std::chrono::seconds(300);
  GroupTimeouts timeouts;
  KeepAlive keepalive;
  Retry retry;
  Queue queue;
  bool preserve_host = true;
  std::optional<Stickiness> stickiness;
  bool operator==(const TargetGroup&) const = default;
};

}  // namespace weir::model
