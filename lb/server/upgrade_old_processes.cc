#include "lb/server/upgrade_old_processes.h"

#include <fcntl.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "lb/base/log.h"
#include "lb/server/upgrade_json.h"

namespace weir::server::upgrade {

using Json = nlohmann::json;
using Id = observe::Predecessors::Id;

void OldProcesses::take(Estate& estate) {
  dropped_before_ = estate.access_log_dropped;
  spans_before_ = estate.spans;
  registry_.change_predecessors([&](observe::Predecessors& them) { them.add_past(std::move(estate.past)); });
  // The one that has left it is the youngest.
  for (std::size_t i = 1; i < estate.processes.size(); ++i) add(std::move(estate.processes[i]));
  add(std::move(estate.processes.front()));
  limit();
}

void OldProcesses::add(OldProcess process) {
  const Id id = ++last_id_;
  registry_.change_predecessors(
      [&](observe::Predecessors& them) { them.report(id, std::exchange(process.totals, {})); });
  net::Fd socket = std::move(process.channel);
  if (!socket.valid()) {
    registry_.change_predecessors([&](observe::Predecessors& them) { them.end(id); });
    dropped_before_ += process.access_log_dropped;
    spans_before_ += process.spans;
    return;
  }
  processes_.push_back(std::make_unique<Process>(Process{.about = std::move(process), .id = id}));
  processes_.back()->channel = std::make_unique<net::MessageChannel>(
      loop_, std::move(socket),
      net::MessageChannel::Callbacks{
          .on_message = [this, id](const net::Message& message) { on_message(id, message); },
          .on_closed = [this, id](const std::string&) { on_end(id); }});
}

OldProcesses::Process& OldProcesses::find(Id id) {
  return **std::ranges::find_if(processes_, [id](const auto& process) { return process->id == id; });
}

void OldProcesses::on_message(Id id, const net::Message& message) {
  try {
    const Json json = Json::parse(message.text);
    const std::string type = json.value("type", "");
    if (type == "counted") {
      OldProcess& about = find(id).about;
      about.connections = json.value("connections", std::uint64_t{0});
      about.access_log_dropped = json.value("access_log_dropped", std::uint64_t{0});
      about.spans = read_spans(json.value("spans", Json::object()));
    }
    if (type != "counters") return;
    observe::Totals changed;
    read_totals(json, changed);
    registry_.change_predecessors([&](observe::Predecessors& them) { them.report(id, std::move(changed)); });
  } catch (const std::exception& problem) {
    base::log::warn("upgrade: the old process {} says what makes no sense: {}", find(id).about.pid,
                    problem.what());
    on_end(id);
  }
}

// Its channel may be the one that has called.
void OldProcesses::on_end(Id id) {
  const auto ended = std::ranges::find_if(processes_, [id](const auto& one) { return one->id == id; });
  base::log::info("upgrade: the old process {} has ended", (*ended)->about.pid);
  dropped_before_ += (*ended)->about.access_log_dropped;
  spans_before_ += (*ended)->about.spans;
  registry_.change_predecessors([&](observe::Predecessors& them) { them.end(id); });
  loop_.reap(std::move(*ended));
  processes_.erase(ended);
}

void OldProcesses::limit() {
  for (std::size_t i = 0; i + kMost < processes_.size(); ++i) {
    Process& oldest = *processes_[i];
    if (std::exchange(oldest.told_to_end, true)) continue;
    base::log::warn("upgrade: there are more than {} old processes: {} has to end now", kMost,
                    oldest.about.pid);
    oldest.channel->send(message("end", Json::object()));
  }
}

std::vector<OldProcess> OldProcesses::hand_over() {
  std::vector<OldProcess> result;
  registry_.change_predecessors([&](observe::Predecessors& them) {
    for (const auto& process : processes_) {
      process->channel->stop_reading();
      OldProcess& one = result.emplace_back();
      one.pid = process->about.pid;
      one.since = process->about.since;
      one.connections = process->about.connections;
      one.access_log_dropped = process->about.access_log_dropped;
      one.spans = process->about.spans;
      one.totals = them.running().at(process->id);
      one.channel = net::Fd(::fcntl(process->channel->socket().get(), F_DUPFD_CLOEXEC, 0));
    }
  });
  return result;
}

void OldProcesses::listen() {
  for (const auto& process : processes_) process->channel->read_on();
}

void OldProcesses::reopen_logs() {
  for (const auto& process : processes_) process->channel->send(message("reopen_logs", Json::object()));
}

std::vector<admin::OldProcess> OldProcesses::status() const {
  std::vector<admin::OldProcess> result;
  for (const auto& process : processes_) {
    result.push_back({process->about.pid, process->about.since, process->about.connections});
  }
  return result;
}

std::uint64_t OldProcesses::access_log_dropped() const {
  std::uint64_t sum = dropped_before_;
  for (const auto& process : processes_) sum += process->about.access_log_dropped;
  return sum;
}

observe::SpanCounts OldProcesses::spans() const {
  observe::SpanCounts sum = spans_before_;
  for (const auto& process : processes_) sum += process->about.spans;
  return sum;
}

}  // namespace weir::server::upgrade
