#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

#include "bench/measure/listener_process.h"
#include "bench/measure/process_cpu.h"
#include "bench/measure/process_memory.h"
#include "bench/measure/process_tree.h"
#include "lb/net/listen.h"
#include "tests/support/eventually.h"

namespace weir::bench {
namespace {

using base::Duration;
using std::chrono::milliseconds;

// A child that has a child; what the innermost does. Both are killed at the end.
class Family {
 public:
  explicit Family(void (*innermost)()) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      grandchild(ready[1], innermost);
      for (;;) ::pause();
    }
    REQUIRE(::read(ready[0], &grandchild_, sizeof grandchild_) == sizeof grandchild_);
    ::close(ready[0]);
    ::close(ready[1]);
  }
  ~Family() {
    ::kill(grandchild_, SIGKILL);
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;

  pid_t child() const { return child_; }
  pid_t grandchild_pid() const { return grandchild_; }

 private:
  static void grandchild(int ready, void (*innermost)()) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      innermost();
      for (;;) ::pause();
    }
    if (::write(ready, &pid, sizeof pid) != sizeof pid) ::_exit(1);
  }

  pid_t child_ = -1;
  pid_t grandchild_ = -1;
};

void burn() {
  for (volatile unsigned i = 0;;) i = i + 1;
}

constexpr std::size_t kMuch = 64 << 20;

void fill() {
  auto* const bytes = static_cast<volatile char*>(std::malloc(kMuch));
  for (std::size_t i = 0; i < kMuch; i += 1024) bytes[i] = 1;
}

constexpr pid_t kNobody = 1 << 30;

}  // namespace

TEST_CASE("the tree of a process has its children's children") {
  const Family family([] {});
  CHECK(process_tree(family.child()) == std::vector<pid_t>{family.child(), family.grandchild_pid()});
  CHECK(process_tree(kNobody).empty());
  CHECK(process_tree(0).empty());
}

TEST_CASE("the processor time of a process includes that of its descendants, finer than a clock tick") {
  const Family family(burn);
  const ProcessCpu cpu(family.child());
  CHECK(test::eventually([&] { return cpu.now()->user > milliseconds(20); }));
  const auto before = cpu.now();
  CHECK(test::eventually([&] { return cpu.now()->total() > before->total(); }));
  CHECK((cpu.now()->total() - before->total()).count() % 10'000'000 != 0);
}

TEST_CASE("a process that is gone has no times and no memory") {
  CHECK(ProcessCpu(kNobody).now().error() == "there is no process 1073741824");
  CHECK(process_memory(kNobody).error() == "there is no process 1073741824");
}

TEST_CASE("the exact time is split as the ticks are") {
  using Times = ProcessCpu::Times;
  CHECK(split_by_ticks(Duration(1000), 3, 1) == Times{Duration(750), Duration(250)});
  CHECK(split_by_ticks(Duration(1000), 0, 2) == Times{Duration(0), Duration(1000)});
  CHECK(split_by_ticks(Duration(1000), 0, 0) == Times{Duration(1000), Duration(0)});
}

TEST_CASE("the memory of a process includes that of its descendants") {
  const Family family(fill);
  CHECK(test::eventually([&] {
    const ProcessMemory memory = *process_memory(family.child());
    return memory.resident > kMuch && memory.proportional > kMuch / 2;
  }));
}

TEST_CASE("resident and proportional bytes are read from the kernel's summary") {
  CHECK(parse_memory("55-7f ---p 0 0 0 [rollup]\nRss:  2868 kB\nPss:  1200 kB\nPss_Dirty: 100 kB\n") ==
        ProcessMemory{.resident = 2868 * 1024, .proportional = 1200 * 1024});
  CHECK(parse_memory("") == ProcessMemory{});
}

TEST_CASE("the sockets that listen on an address are found in the kernel's table") {
  const std::string table =
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
      "   0: 0100007F:2261 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0\n"
      "   1: 00000000:2261 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 102 1 0\n"
      "   2: 0100007F:2262 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 103 1 0\n"
      "   3: 0100007F:2261 0100007F:9000 01 00000000:00000000 00:00000000 00000000     0        0 104 1 0\n";
  CHECK(listening_inodes(table, *base::SocketAddress::parse("127.0.0.1:8801")) ==
        std::unordered_set<std::string>{"101", "102"});
  const std::string table6 =
      "   0: 00000000000000000000000001000000:2261 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 "
      "105 1\n";
  CHECK(listening_inodes(table6, *base::SocketAddress::parse("[::1]:8801")) ==
        std::unordered_set<std::string>{"105"});
}

TEST_CASE("the process that listens is found, and no other") {
  const auto sockets = net::listen_on(*base::SocketAddress::parse("127.0.0.1:0"), 1);
  REQUIRE(sockets.has_value());
  CHECK(listener_process(sockets->address) == ::getpid());
  base::SocketAddress other = sockets->address;
  other.set_port(1);
  CHECK_FALSE(listener_process(other).has_value());
  CHECK_FALSE(listener_process(*base::SocketAddress::parse("192.0.2.1:80")).has_value());
}

}  // namespace weir::bench
