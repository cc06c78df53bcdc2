#include "lb/net/resolver.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

namespace weir::net {
namespace {

using Search = DnsChannel::Search;
using base::IpAddress;

// What is known of a host's addresses.
struct Host {
  struct Family {
    bool complete = false;
    std::optional<DnsFailure> failure = {};
  };
  std::vector<IpAddress> addresses = {};
  base::Duration time_to_live = base::Duration::max();
  Family ipv4 = {};
  Family ipv6 = {};

  void add(Family& family, const std::expected<DnsRecords, DnsFailure>& records) {
    family.complete = records.has_value() || is_answer(records.error());
    if (!records) {
      family.failure = records.error();
      return;
    }
    time_to_live = std::min(time_to_live, records->time_to_live);
    addresses.insert(addresses.end(), records->addresses.begin(), records->addresses.end());
    std::ranges::sort(addresses);
    addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
  }

  // Why there are no addresses. What was not answered might have had some.
  DnsFailure failure() const {
    if (!ipv4.complete) return ipv4.failure.value_or(DnsFailure::timeout);
    if (!ipv6.complete) return ipv6.failure.value_or(DnsFailure::timeout);
    return ipv4.failure == ipv6.failure ? *ipv4.failure : DnsFailure::no_data;
  }
};

// The records that count, in an order that all nodes agree on.
std::size_t choose(std::vector<ServiceRecord>& records) {
  const std::uint16_t priority = std::ranges::min(records, {}, &ServiceRecord::priority).priority;
  std::erase_if(records, [&](const ServiceRecord& record) { return record.priority != priority; });
  std::ranges::sort(records);
  const std::size_t left_out = records.size() - std::min(records.size(), Resolver::kMost);
  records.resize(records.size() - left_out);
  return left_out;
}

}  // namespace

// Its questions hold it weakly: what is answered after its end reaches nobody.
class Resolver::Query : public std::enable_shared_from_this<Query> {
 public:
  Query(const std::shared_ptr<DnsChannel>& channel, base::Duration patience, Callback callback)
      : channel_(channel),
        patience_(patience),
        callback_(std::move(callback)),
        stragglers_(channel->loop().timers(), this, [](void* self) { static_cast<Query*>(self)->finish(); }) {
  }

  void begin(const std::string& name, Kind kind) {
    const Part all(*this);
    if (kind == Kind::addresses) return ask_host(name, Search::domains);
    ask(name, DnsType::srv, Search::domains, [this](const Records& records) { on_services(records); });
  }

 private:
  using Records = std::expected<DnsRecords, DnsFailure>;
  using Then = std::function<void(const Records&)>;

  // The query finishes behind its last part.
  class Part {
   public:
    explicit Part(Query& query) : query_(query) { ++query_.open_; }
    ~Part() { query_.part_done(); }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

   private:
    Query& query_;
  };

  void ask(const std::string& name, DnsType type, Search search, Then then);
  void ask_host(const std::string& name, Search search);
  void on_services(const Records& records);
  void part_done();
  void finish();
  std::expected<DnsAnswer, DnsFailure> answer() const;
  std::expected<DnsAnswer, DnsFailure> services_answer() const;

  const std::weak_ptr<DnsChannel> channel_;
  const base::Duration patience_;
  Callback callback_;
  Deadline stragglers_;
  std::size_t open_ = 0;
  bool finished_ = false;
  std::map<std::string, Host> hosts_;
  std::optional<Records> services_;  // absent: Kind::addresses
  std::size_t left_out_ = 0;
};

void Resolver::Query::ask(const std::string& name, DnsType type, Search search, Then then) {
  const auto channel = channel_.lock();
  if (!channel) return;
  ++open_;
  channel->ask(name, type, search, [weak = weak_from_this(), then = std::move(then)](const Records& records) {
    const auto query = weak.lock();
    if (!query) return;
    const Part last(*query);
    --query->open_;
    then(records);
  });
}

void Resolver::Query::ask_host(const std::string& name, Search search) {
  const auto [found, is_new] = hosts_.try_emplace(name);
  if (!is_new) return;
  Host& host = found->second;
  ask(name, DnsType::a, search, [&host](const Records& records) { host.add(host.ipv4, records); });
  ask(name, DnsType::aaaa, search, [&host](const Records& records) { host.add(host.ipv6, records); });
}

void Resolver::Query::on_services(const Records& records) {
  services_ = records;
  if (!services_->has_value()) return;
  left_out_ = choose((*services_)->services);
  for (const ServiceRecord& record : (*services_)->services) ask_host(record.host, Search::absolute);
}

// Where a server never answers for one family or host, the others are not kept waiting for all its tries.
void Resolver::Query::part_done() {
  if (--open_ == 0) return finish();
  const auto has_addresses = [](const auto& host) { return !host.second.addresses.empty(); };
  const auto channel = channel_.lock();
  if (channel && std::ranges::any_of(hosts_, has_addresses))
    stragglers_.set(channel->loop().now() + patience_);
}

void Resolver::Query::finish() {
  const auto channel = channel_.lock();
  if (!channel || std::exchange(finished_, true)) return;
  channel->loop().defer([weak = weak_from_this(), answer = answer()]() mutable {
    const auto query = weak.lock();
    if (!query || query->channel_.expired()) return;
    auto callback = std::move(query->callback_);
    callback(std::move(answer));
  });
}

std::expected<DnsAnswer, DnsFailure> Resolver::Query::answer() const {
  if (services_) return services_answer();
  const Host& host = hosts_.begin()->second;
  if (host.addresses.empty()) return std::unexpected(host.failure());
  DnsAnswer answer{.time_to_live = host.time_to_live,
                   .addresses = host.addresses,
                   .ipv4_complete = host.ipv4.complete,
                   .ipv6_complete = host.ipv6.complete};
  answer.left_out = answer.addresses.size() - std::min(answer.addresses.size(), kMost);
  answer.addresses.resize(answer.addresses.size() - answer.left_out);
  return answer;
}

std::expected<DnsAnswer, DnsFailure> Resolver::Query::services_answer() const {
  if (!services_->has_value()) return std::unexpected(services_->error());
  DnsAnswer answer{.time_to_live = (*services_)->time_to_live, .left_out = left_out_};
  std::optional<DnsFailure> failure;
  std::size_t room = kMost;
  for (const ServiceRecord& record : (*services_)->services) {
    const Host& host = hosts_.at(record.host);
    answer.ipv4_complete = answer.ipv4_complete && host.ipv4.complete;
    answer.ipv6_complete = answer.ipv6_complete && host.ipv6.complete;
    if (host.addresses.empty()) {
      if (answer.missing.empty()) {
        answer.missing = record.host;
        answer.missing_why = host.failure();
      }
      if (!failure || is_answer(*failure)) failure = host.failure();
      continue;
    }
    answer.time_to_live = std::min(answer.time_to_live, host.time_to_live);
    const std::size_t taken = std::min(room, host.addresses.size());
    room -= taken;
    answer.left_out += host.addresses.size() - taken;
    if (taken == 0) continue;
    const auto begin = host.addresses.begin();
    answer.services.push_back(
        {record.host, record.port, record.weight, {begin, begin + static_cast<std::ptrdiff_t>(taken)}});
  }
  if (answer.services.empty()) return std::unexpected(failure.value_or(DnsFailure::no_data));
  return answer;
}

Resolver::Resolver(Loop& loop, const ResolverOptions& options)
    : patience_(options.timeout * 3 / 2), channel_(std::make_shared<DnsChannel>(loop, options)) {}

Resolver::~Resolver() = default;

Resolver::QueryPtr Resolver::query(const std::string& name, Kind kind, Callback callback) {
  auto query = std::make_shared<Query>(channel_, patience_, std::move(callback));
  query->begin(name, kind);
  return query;
}

}  // namespace weir::net
