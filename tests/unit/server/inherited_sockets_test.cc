#include "lb/server/inherited_sockets.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <set>

#include "lb/net/listen.h"
#include "lb/server/listener_table.h"
#include "tests/support/temporary_directory.h"

using namespace weir;
using namespace weir::server;

namespace {

using Of = InheritedSocket::Of;

base::SocketAddress at(std::string_view text) { return *base::SocketAddress::parse(text); }

base::SocketAddress any_port() { return base::SocketAddress(at("127.0.0.1:1").ip(), 0); }

// As another process would have made them.
InheritedSocket made(const base::SocketAddress& wanted, unsigned count = 1) {
  auto listening = net::listen_on(wanted, count);
  REQUIRE(listening);
  InheritedSocket result{.wanted = wanted, .address = listening->address, .sockets = {}};
  for (net::Fd& socket : listening->sockets) result.sockets.push_back(std::move(socket));
  listening->file.disown();
  return result;
}

model::Snapshot with(const std::vector<std::pair<std::string, base::SocketAddress>>& binds) {
  model::Snapshot snapshot;
  for (const auto& [name, address] : binds) {
    model::Listener& listener = snapshot.listeners.emplace_back();
    listener.name = name;
    listener.binds = {{address, {}}};
  }
  return snapshot;
}

std::uint64_t inode_of(const net::Fd& fd) {
  struct stat about{};
  ::fstat(fd.get(), &about);
  return about.st_ino;
}

// What the workers accept from, by inode; of each, how many of them do.
struct Accepted {
  std::multiset<std::uint64_t> sockets;
  std::vector<std::size_t> of_worker;
  std::size_t shared = 0;
};

Accepted accepted(const std::vector<WorkerUpdate>& updates, const std::string& listener) {
  Accepted result;
  for (const WorkerUpdate& update : updates) {
    const auto found = update.listeners.find(listener);
    result.of_worker.push_back(found == update.listeners.end() ? 0 : found->second.sockets.size());
    if (found == update.listeners.end()) continue;
    for (const WorkerSocket& socket : found->second.sockets) {
      result.sockets.insert(inode_of(socket.fd));
      if (socket.shared) ++result.shared;
    }
  }
  return result;
}

InheritedSockets one(InheritedSocket socket) {
  InheritedSockets sockets;
  sockets.push_back(std::move(socket));
  return sockets;
}

}  // namespace

TEST_CASE("every socket is some worker's, and every worker has one") {
  for (std::size_t sockets = 1; sockets <= 9; ++sockets) {
    for (unsigned workers = 1; workers <= 9; ++workers) {
      CAPTURE(sockets);
      CAPTURE(workers);
      std::multiset<std::size_t> used;
      std::set<unsigned> with;
      for (const SocketShare& share : share_out(sockets, workers)) {
        used.insert(share.socket);
        with.insert(share.worker);
        CHECK(share.shared == (sockets < workers));
      }
      CHECK(with.size() == workers);
      for (std::size_t i = 0; i < sockets; ++i) CHECK(used.contains(i));
      if (sockets >= workers) CHECK(used.size() == sockets);
    }
  }
}

TEST_CASE("a bind takes the socket that was made for it before one that has its address") {
  InheritedSockets sockets;
  const base::SocketAddress address = at("127.0.0.1:80");
  const auto add = [&](const base::SocketAddress& wanted, Of of, const std::string& listener) {
    sockets.push_back({.wanted = wanted, .address = address, .sockets = {}, .of = of, .listener = listener});
  };
  add(any_port(), Of::admin, "");
  add(any_port(), Of::listener, "a");
  add(any_port(), Of::listener, "b");
  add(address, Of::anyone, "");

  const auto named = take(sockets, {.bind = any_port(), .listener = "b"});
  REQUIRE(named);
  CHECK(named->listener == "b");
  const auto renamed = take(sockets, {.bind = any_port(), .listener = "c"});
  REQUIRE(renamed);
  CHECK(renamed->listener == "a");
  CHECK_FALSE(take(sockets, {.bind = any_port(), .listener = "d"}));
  const auto resolved = take(sockets, {.bind = address, .listener = "d"}, SocketMatch::address);
  REQUIRE(resolved);
  CHECK(resolved->of == Of::admin);
  const auto given = take(sockets, {.bind = address, .of = Of::admin});
  REQUIRE(given);
  CHECK(given->of == Of::anyone);
  CHECK(sockets.empty());
}

TEST_CASE("what cannot be accepted from is refused and named") {
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  const net::Fd other_end(pair[1]);
  sockaddr_un abstract{.sun_family = AF_UNIX, .sun_path = "\0weir-test"};
  net::Fd nameless(::socket(AF_UNIX, SOCK_STREAM, 0));
  REQUIRE(::bind(nameless.get(), reinterpret_cast<sockaddr*>(&abstract), sizeof(sa_family_t)) == 0);
  REQUIRE(::listen(nameless.get(), 1) == 0);
  struct Row {
    net::Fd fd;
    std::string_view why;
  };
  std::vector<Row> rows;
  rows.push_back({net::Fd(::socket(AF_INET, SOCK_DGRAM, 0)), "it is no stream socket"});
  rows.push_back({net::Fd(::socket(AF_INET, SOCK_STREAM, 0)), "it does not listen"});
  rows.push_back({net::Fd(pair[0]), "it does not listen"});
  rows.push_back({net::Fd(::open("/dev/null", O_RDONLY)), "socket operation on non-socket"});
  rows.push_back({std::move(nameless), "it is a unix socket without a path"});
  for (Row& row : rows) {
    InheritedSocket socket;
    const int number = row.fd.get();
    socket.sockets.push_back(std::move(row.fd));
    ListenerTable table(1);
    const auto done = table.inherit(one(std::move(socket)));
    REQUIRE_FALSE(done);
    CHECK(done.error().to_string() ==
          "the inherited descriptor " + std::to_string(number) + " is of no use: " + std::string(row.why));
  }
  ListenerTable table(1);
  InheritedSocket closed;
  closed.sockets.emplace_back(net::Fd(1'000'000));
  const auto done = table.inherit(one(std::move(closed)));
  REQUIRE_FALSE(done);
  CHECK(done.error().message == "the inherited descriptor 1000000 is of no use: bad file descriptor");
}

TEST_CASE("an inherited socket becomes non-blocking, closed by exec, and knows its address") {
  InheritedSockets sockets = one(made(any_port()));
  const int fd = sockets[0].sockets[0].get();
  const base::SocketAddress address = std::exchange(sockets[0].address, {});
  ::fcntl(fd, F_SETFL, 0);
  ::fcntl(fd, F_SETFD, 0);
  REQUIRE(prepare(sockets));
  CHECK((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(sockets[0].address == address);
}

TEST_CASE("binds are served from the sockets that were inherited for them, whatever their number") {
  for (const auto& [count, workers] : {std::pair(3U, 3U), {5U, 2U}, {2U, 5U}, {1U, 4U}, {4U, 1U}}) {
    CAPTURE(count);
    CAPTURE(workers);
    ListenerTable table(workers);
    InheritedSocket socket = made(any_port(), count);
    const base::SocketAddress address = socket.address;
    std::set<std::uint64_t> inodes;
    for (const net::Fd& fd : socket.sockets) inodes.insert(inode_of(fd));
    REQUIRE(table.inherit(one(std::move(socket))));

    const model::Snapshot snapshot = with({{"web", any_port()}});
    auto opened = table.open(snapshot);
    REQUIRE(opened);
    CHECK(opened->socket_files().empty());
    std::vector<WorkerUpdate> updates(workers);
    table.adopt(std::move(*opened), snapshot, updates);
    CHECK(table.bound()[0].binds == std::vector{address});

    const Accepted result = accepted(updates, "web");
    CHECK(std::set(result.sockets.begin(), result.sockets.end()) == inodes);
    CHECK(result.sockets.size() == std::max(count, workers));
    CHECK(result.shared == (count < workers ? workers : 0));
    for (const std::size_t of_worker : result.of_worker) CHECK(of_worker >= 1);
  }
}

TEST_CASE("an inherited socket stays through a reload, moves between listeners and goes like any other") {
  constexpr unsigned kWorkers = 2;
  ListenerTable table(kWorkers);
  REQUIRE(table.inherit(one(made(any_port(), 5))));
  const auto go_to = [&](const model::Snapshot& next) {
    auto opened = table.open(next);
    REQUIRE(opened);
    std::vector<WorkerUpdate> updates(kWorkers);
    table.adopt(std::move(*opened), next, updates);
    return updates;
  };
  go_to(with({{"a", any_port()}}));
  const base::SocketAddress address = table.bound()[0].binds[0];
  CHECK(accepted(go_to(with({{"a", any_port()}})), "a").sockets.empty());
  CHECK(table.bound()[0].binds[0] == address);

  // What keeps the listener has another socket then, and loses this one in every worker.
  const base::SocketAddress other(at("127.0.0.2:1").ip(), 0);
  const auto moved = go_to(with({{"a", other}, {"b", any_port()}}));
  CHECK(accepted(moved, "b").sockets.size() == 5);
  for (const WorkerUpdate& update : moved) CHECK(update.listeners.at("a").gone.size() == 1);
  CHECK(table.bound()[1].binds[0] == address);

  const auto gone = go_to(with({{"b", other}}));
  for (const WorkerUpdate& update : gone) CHECK(update.listeners.at("b").gone.size() == 1);
}

TEST_CASE("what no bind wants is closed once the others are in use") {
  ListenerTable table(1);
  InheritedSockets sockets = one(made(any_port()));
  sockets.push_back(made(any_port()));
  sockets[0].wanted = sockets[0].address;
  sockets[1].wanted = sockets[1].address;
  const base::SocketAddress wanted = sockets[1].address;
  const int unwanted = sockets[0].sockets[0].get();
  REQUIRE(table.inherit(std::move(sockets)));
  const model::Snapshot snapshot = with({{"web", wanted}});
  auto opened = table.open(snapshot);
  REQUIRE(opened);
  CHECK(::fcntl(unwanted, F_GETFD) >= 0);
  std::vector<WorkerUpdate> updates(1);
  table.adopt(std::move(*opened), snapshot, updates);
  CHECK(::fcntl(unwanted, F_GETFD) < 0);
  CHECK(accepted(updates, "web").sockets.size() == 1);
}

TEST_CASE("a socket is turned away only where another one of its port goes on, and nobody else has it") {
  struct Row {
    const char* then;  // address of the bind of the same port; empty: there is none
    bool service_manager;
    std::size_t turned_away;
  };
  for (const Row& row : {Row{"0.0.0.0:1", false, 1}, Row{"0.0.0.0:1", true, 0}, Row{"", false, 0}}) {
    CAPTURE(row.then);
    CAPTURE(row.service_manager);
    ListenerTable table(1);
    InheritedSocket socket = made(any_port());
    socket.wanted = socket.address;
    socket.service_manager = row.service_manager;
    const base::SocketAddress before = socket.address;
    REQUIRE(table.inherit(one(std::move(socket))));
    const model::Snapshot first = with({{"web", before}, {"other", any_port()}});
    auto opened = table.open(first);
    REQUIRE(opened);
    std::vector<WorkerUpdate> updates(1);
    table.adopt(std::move(*opened), first, updates);
    CHECK(updates[0].turned_away.empty());

    std::vector<std::pair<std::string, base::SocketAddress>> binds = {{"other", any_port()}};
    if (*row.then != '\0') binds.emplace_back("web", base::SocketAddress(at(row.then).ip(), before.port()));
    const model::Snapshot second = with(binds);
    opened = table.open(second);
    REQUIRE(opened);
    updates = std::vector<WorkerUpdate>(1);
    table.adopt(std::move(*opened), second, updates);
    CHECK(updates[0].turned_away.size() == row.turned_away);
  }
}

TEST_CASE("the file of an inherited unix socket is removed only if it is weir's own") {
  const test::TemporaryDirectory directory;
  for (const bool owns : {false, true}) {
    for (const bool is_wanted : {true, false}) {
      CAPTURE(owns);
      CAPTURE(is_wanted);
      const std::string path = directory.path(owns ? "own.sock" : "given.sock");
      ::unlink(path.c_str());
      InheritedSocket socket = made(base::SocketAddress::unix_path(path));
      socket.owns_file = owns;
      ListenerTable table(2);
      REQUIRE(table.inherit(one(std::move(socket))));
      const model::Snapshot snapshot =
          with({{"web", is_wanted ? base::SocketAddress::unix_path(path) : any_port()}});
      auto opened = table.open(snapshot);
      REQUIRE(opened);
      CHECK(opened->socket_files().empty());
      std::vector<WorkerUpdate> updates(2);
      table.adopt(std::move(*opened), snapshot, updates);
      CHECK((::access(path.c_str(), F_OK) == 0) == (is_wanted || !owns));
      table.close();
      CHECK((::access(path.c_str(), F_OK) == 0) == !owns);
    }
  }
}
