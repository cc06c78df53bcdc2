#include "config/keys/addresses.h"
#include "config/keys/latency_bounds.h"
#include "config/keys/ratios.h"
#include "config/keys/scalars.h"
#include "config/keys/tables.h"
#include "config/keys/watch.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Admin;
using model::Process;
using model::Rollback;
using model::Secrets;

namespace {

Table<Rollback> rollback_table() {
  return {
      .doc = "Takes a new configuration back after which more requests fail",
      .fields = {
          field("window", "How long a new configuration is on trial", &Rollback::window, duration(1s, 1h)),
          field("error_rate", "The share of requests that may fail meanwhile", &Rollback::error_rate,
                fractional_percent(0.01, 100)),
      }};
}

}  // namespace

const Table<Process>& process_table() {
  static const Table<Process> table{
      .doc = "The process as a whole",
      .fields = {
          field("workers", "Threads that serve traffic; auto: one per CPU", &Process::workers,
                auto_or(number32(1, 1024))),
          placed(&Process::zone_place, field("zone", "The availability zone that this node stands in",
                                             &Process::zone, off_as({}, name()))),
          field("shutdown_grace", "How long a graceful stop waits for what is in flight",
                &Process::shutdown_grace, duration(0s, 24h)),
          field("upgrade_grace",
                "How long an old process may finish its tunnels and downloads after a seamless upgrade",
                &Process::upgrade_grace, duration(0s, 7 * 24h)),
          placed(
              &Process::max_connections_place,
              field("max_connections", "Of clients, over all listeners; auto: as the descriptor limit allows",
                    &Process::max_connections, auto_or(number(1, 10'000'000)))),
          field("server_name", "How weir names itself in Via and Proxy-Status", &Process::server_name,
                pseudonym()),
          placed(&Process::user_place,
                 field("user", "Drop to this user after binding", &Process::user, off_as({}, user()))),
          placed(&Process::state_dir_place,
                 field("state_dir", "Where weir keeps what outlives a restart; off: nothing is kept",
                       &Process::state_dir, off_as({}, absolute_path()))),
          field(
              "watch",
              "How changes of this file, and of what it names, are noticed: auto, poll and how often, or off",
              &Process::watch, watch()),
          field("rollback", "Takes a new configuration back after which more requests fail",
                &Process::rollback, off_or(section_codec(rollback_table()))),
          field("resolvers",
                "The DNS servers that targets with dns are looked up at; auto: as /etc/resolv.conf says",
                &Process::resolvers, auto_or(list_of(address(AddressUse::target), ListSize::not_empty))),
      }};
  return table;
}

const Table<Admin>& admin_table() {
  static const Table<Admin> table{
      .doc = "The admin listener: metrics, health and API",
      .fields = {
          placed(&Admin::bind_place, field("bind", "Where it listens: ADDRESS:PORT, unix:/path, or off",
                                           &Admin::bind, off_or(address(AddressUse::bind)))),
          placed(&Admin::token_file_place,
                 field("token_file",
                       "A file with the token that changes need; required for a bind that is neither "
                       "loopback nor unix",
                       &Admin::token_file, off_as({}, absolute_path()))),
          field("max_series",
                "Series of /metrics that targets may have: a target that joins when they are used up counts "
                "in target=\"other\" of its group and zone, for which there is always room",
                &Admin::max_series, number(1'000, 10'000'000)),
          field("latency_buckets",
                "What the buckets of latency histograms end at, 1us-1h, at most 40, ascending",
                &Admin::latency_buckets, latency_bounds()),
      }};
  return table;
}

const Table<Secrets>& secrets_table() {
  static const Table<Secrets> table{
      .doc = "Where secrets are read from",
      .fields = {
          placed(&Secrets::cookie_keys_file_place,
                 field("cookie_keys_file",
                       "Base64 keys of 32 bytes, one a line: the first seals cookies, all open them; off: "
                       "weir makes one and keeps it in the state directory",
                       &Secrets::cookie_keys_file, off_as({}, absolute_path())))}};
  return table;
}

}  // namespace weir::config
