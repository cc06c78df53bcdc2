#include "lb/http/client_certificate.h"

#include <doctest/doctest.h>

using namespace std::chrono_literals;
using weir::http::add_certificate_fields;
using weir::http::ClientCertificate;
using weir::http::FieldList;
using weir::http::is_of_certificate;

TEST_CASE("a target is told of a client's certificate by ALB's fields") {
  FieldList fields;
  add_certificate_fields({.subject = "CN=shop,O=A \\+ B",
                          .issuer = "CN=Root",
                          .serial = "0A1B",
                          .fingerprint = "00ff",
                          .not_before = std::chrono::sys_days(std::chrono::year(2026) / 1 / 2),
                          .not_after = std::chrono::sys_days(std::chrono::year(2027) / 11 / 30) + 61s,
                          .leaf_pem = "-----BEGIN A-----\nab+/=\n"},
                         fields);
  CHECK(fields.lines() ==
        "X-Amzn-Mtls-Clientcert-Serial-Number: 0A1B\r\n"
        "X-Amzn-Mtls-Clientcert-Issuer: CN=Root\r\n"
        "X-Amzn-Mtls-Clientcert-Subject: CN=shop,O=A \\+ B\r\n"
        "X-Amzn-Mtls-Clientcert-Validity: NotBefore=2026-01-02T00:00:00Z;NotAfter=2027-11-30T00:01:01Z\r\n"
        "X-Amzn-Mtls-Clientcert-Leaf: -----BEGIN%20A-----%0Aab+/=%0A\r\n"
        "X-Amzn-Mtls-Clientcert-Fingerprint: 00ff\r\n");
}

TEST_CASE("a field of a client's certificate is known by any spelling that a target may take for it") {
  CHECK(is_of_certificate("X-Amzn-Mtls-Clientcert"));
  CHECK(is_of_certificate("x-amzn-mtls-clientcert-subject"));
  CHECK(is_of_certificate("X_AMZN-Mtls_Clientcert_Leaf"));
  CHECK_FALSE(is_of_certificate("X-Amzn-Trace-Id"));
  CHECK_FALSE(is_of_certificate("X-Amzn-Mtls"));
  CHECK_FALSE(is_of_certificate(""));
}
