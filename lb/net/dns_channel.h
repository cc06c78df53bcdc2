#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "lb/net/dns_message.h"
#include "lb/net/loop.h"

struct ares_channeldata;

namespace weir::net {

struct ResolverOptions {
  std::vector<base::SocketAddress> servers = {};  // empty: those of /etc/resolv.conf, with its search domains
  base::Duration timeout = std::chrono::seconds(2);  // of the first try; each further one has twice as long
  int tries = 3;                                     // of each server
};

// Questions to DNS servers, one record type each: c-ares on a loop. It is given no cache: whoever asks knows
// when the answer before has expired. Owned by a Resolver; on the loop's thread.
class DnsChannel {
 public:
  using Callback = std::move_only_function<void(std::expected<DnsRecords, DnsFailure>)>;
  enum class Search : std::uint8_t { absolute, domains };

  DnsChannel(Loop& loop, const ResolverOptions& options);
  // Calls back nobody.
  ~DnsChannel();
  DnsChannel(const DnsChannel&) = delete;
  DnsChannel& operator=(const DnsChannel&) = delete;

  Loop& loop() { return loop_; }
  // Calls back once, perhaps before it returns, and with c-ares on the stack: the callback may ask, and may
  // not destroy the channel. Search::domains is what the system does with a name; it counts only for servers
  // of /etc/resolv.conf.
  void ask(const std::string& name, DnsType type, Search search, Callback callback);

 private:
  // c-ares drops what a burst of datagrams overflows, and then waits: so the rest of them waits here.
  static constexpr std::size_t kMostUnderWay = 64;

  struct Question;
  struct Socket;

  void begin_waiting();
  void begin(std::unique_ptr<Question> question);
  static void on_answer(void* question, int status, int timeouts, unsigned char* message, int size);
  static void on_socket_state(void* channel, int fd, int readable, int writable);
  void process(int readable, int writable);
  void arm();

  Loop& loop_;
  const bool searches_;
  ares_channeldata* channel_ = nullptr;  // null: it could not be made
  bool closing_ = false;
  bool beginning_ = false;
  std::size_t under_way_ = 0;
  std::deque<std::unique_ptr<Question>> waiting_;
  std::map<int, std::unique_ptr<Socket>> sockets_;  // by descriptor; c-ares opens and closes them
  Deadline timer_;
};

}  // namespace weir::net
