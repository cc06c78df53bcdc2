// TLS that the kernel seals, where it can; where it cannot weir says so, and serves all the same.
#include "lb/net/kernel_tls.h"

#include <doctest/doctest.h>

#include "tests/e2e/tls_scene.h"
#include "tests/support/backend.h"
#include "tests/support/connection.h"

using namespace weir::e2e;

TEST_CASE("a listener whose kernel is to seal serves small and large answers over every protocol") {
  const bool kernel_can = weir::net::kernel_has_tls();
  if (!kernel_can) MESSAGE("this kernel has no tls: what the kernel does is left out");
  const Backend backend;
  const Certificates certificates;
  certificates.issue("a");
  Daemon weir(https_to(backend.address(), certificates_of(certificates.item("a")) + ", kernel: on"));
  CHECK(has(weir.log(), "this kernel has no tls") == !kernel_can);
  for (const char* const protocol : {"--http1.1", "--http2"}) {
    for (const char* const newest : {"1.2", "1.3"}) {
      INFO(protocol, " ", newest);
      CHECK(curl(weir, certificates, "/name", {protocol, "--tls-max", newest}).out == "backend");
      const Finished large = curl(weir, certificates, "/bytes/3000000", {protocol, "--tls-max", newest});
      CHECK(large.code == 0);
      CHECK(large.out == weir::test::pattern(0, 3'000'000));
    }
  }
}
