#include "bench/measure/machine.h"

#include <doctest/doctest.h>

#include "bench/measure/core_idle.h"

namespace weir::bench {

TEST_CASE("processors, their model and whether they are real are read from the kernel's list") {
  Machine machine;
  read_cpuinfo(
      "processor\t: 0\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu vme hypervisor lm\n\n"
      "processor\t: 1\nmodel name\t: AMD EPYC 7B13\nflags\t\t: fpu\n",
      machine);
  CHECK(machine.cores == 2);
  CHECK(machine.cpu == "AMD EPYC 7B13");
  CHECK(machine.virtual_machine);
  Machine real;
  read_cpuinfo("processor\t: 0\nflags\t\t: fpu nohypervisor\n", real);
  CHECK(!real.virtual_machine);
}

TEST_CASE("memory is read in bytes") {
  CHECK(read_memory("MemTotal:       24684724 kB\nMemFree: 1 kB\n") == 24684724ULL * 1024);
  CHECK(read_memory("") == 0);
}

TEST_CASE("whether the kernel knows TLS is told by its list of protocols") {
  CHECK(has_kernel_tls("espintcp mptcp tls\n"));
  CHECK_FALSE(has_kernel_tls("mptcp\n"));
  CHECK_FALSE(has_kernel_tls("tlsx\n"));
  CHECK_FALSE(has_kernel_tls(""));
}

TEST_CASE("this machine has a processor, memory and a kernel") {
  const Machine machine = this_machine();
  CHECK(machine.cores > 0);
  CHECK(machine.memory > 1'000'000);
  CHECK(machine.kernel.starts_with("Linux "));
  CHECK(!machine.compiler.empty());
}

TEST_CASE("how busy a core is follows from how long it idled") {
  using std::chrono::milliseconds;
  const char* const stat =
      "cpu  9 9 9 9 9 9\ncpu0 1 2 3 400 20 0 0 0 0 0\ncpu1 1 2 3 500 0 0 0 0 0 0\nintr 1\n";
  CHECK(parse_core_idle(stat, 0) == milliseconds(4200));
  CHECK(parse_core_idle(stat, 1) == milliseconds(5000));
  CHECK(!parse_core_idle(stat, 2));
  CHECK(cores_idle().size() >= 1);
  const base::Instant begin{};
  const CoreIdle before{milliseconds(100), begin};
  CHECK(busy_share(before, {milliseconds(350), begin + milliseconds(1000)}) == doctest::Approx(0.75));
  CHECK(busy_share(before, {milliseconds(1200), begin + milliseconds(1000)}) == doctest::Approx(0));
  CHECK(busy_share(before, before) == doctest::Approx(0));
}

}  // namespace weir::bench
