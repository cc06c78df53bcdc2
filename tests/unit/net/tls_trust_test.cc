#include "lb/net/tls_trust.h"

#include <openssl/x509_vfy.h>

#include <array>
#include <barrier>
#include <thread>

#include "tests/unit/net/tls_pair.h"

namespace net = weir::net;
namespace test = weir::test;

namespace {

using StoreContext =
    std::unique_ptr<X509_STORE_CTX, decltype([](X509_STORE_CTX* context) { X509_STORE_CTX_free(context); })>;

bool verifies(const net::TlsTrust& trust, X509& certificate) {
  const StoreContext context(X509_STORE_CTX_new());
  return X509_STORE_CTX_init(context.get(), trust.store(), &certificate, nullptr) == 1 &&
         X509_verify_cert(context.get()) == 1;
}

bool has_sorted_lists(const net::TlsTrust& trust) {
  const STACK_OF(X509_OBJECT)* const objects = X509_STORE_get0_objects(trust.store());
  int lists = 0, sorted = 0;
  for (int i = 0; i < sk_X509_OBJECT_num(objects); ++i) {
    X509_CRL* const list = X509_OBJECT_get0_X509_CRL(sk_X509_OBJECT_value(objects, i));
    if (list == nullptr) continue;
    ++lists;
    sorted += sk_X509_REVOKED_is_sorted(X509_CRL_get_REVOKED(list));
  }
  return lists == 1 && sorted == 1;
}

}  // namespace

// For ThreadSanitizer. OpenSSL keeps what it finds in a certificate at its first use, and publishes it by
// atomics that are not instrumented.
TEST_CASE("what is trusted is as good as used when threads come to share it") {
  constexpr int kRounds = 200;
  const auto root = test::TestAuthority::make("root");
  const std::string shown = root.issue({.names = {"a.example"}}).certificate;
  const std::string revoked = root.crl({root.issue({}), root.issue({}), root.issue({})});
  std::vector<std::shared_ptr<const net::TlsTrust>> trusts;
  for (int round = 0; round < kRounds; ++round) {
    trusts.push_back(test::trust_of(root.pem(), revoked));
    CHECK(has_sorted_lists(*trusts.back()));
  }
  std::array<int, 2> verified{};
  {
    std::barrier together(2);
    std::vector<std::jthread> threads;
    for (int& count : verified) {
      threads.emplace_back([&] {
        const auto certificates = net::read_tls_certificates(shown);
        for (const auto& trust : trusts) {
          together.arrive_and_wait();
          if (certificates && verifies(*trust, *certificates->front())) ++count;
        }
      });
    }
  }
  CHECK(verified == std::array{kRounds, kRounds});
}
