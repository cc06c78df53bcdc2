#include "lb/observe/process_usage.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <thread>

using weir::observe::ProcessUsage;

TEST_CASE("the process knows its memory, threads, descriptors and age") {
  const ProcessUsage before = ProcessUsage::now();
  CHECK(before.resident_bytes > 1'000'000);
  CHECK(before.virtual_bytes > before.resident_bytes);
  CHECK(before.max_descriptors == static_cast<std::uint64_t>(::sysconf(_SC_OPEN_MAX)));
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  CHECK(before.start_time_seconds > now - 3600);
  CHECK(before.start_time_seconds < now + 2);

  const int descriptor = ::open("/dev/null", O_RDONLY);
  ProcessUsage during;
  std::thread([&] { during = ProcessUsage::now(); }).join();
  ::close(descriptor);
  CHECK(during.open_descriptors == before.open_descriptors + 1);
  CHECK(during.threads == before.threads + 1);
}
