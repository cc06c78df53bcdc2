#pragma once

#include <memory>
#include <string>

#include "tests/support/process.h"
#include "tests/support/temporary_directory.h"

namespace weir::e2e {

// A real nginx: PUT and GET of files, /empty (204), /small (a fixed text), /chunked-me (no length).
class Nginx {
 public:
  Nginx() : Nginx("", "") {}
  // With a second server: what stands behind the address of its `listen`, and its directives.
  Nginx(const std::string& listen, const std::string& directives);
  const std::string& address() const { return address_; }
  const std::string& second_address() const { return second_; }
  std::string port() const { return address_.substr(address_.find(':') + 1); }

 private:
  bool start(const std::string& listen, const std::string& directives);

  test::TemporaryDirectory directory_;
  std::string address_;
  std::string second_;
  std::unique_ptr<test::Process> process_;
};

}  // namespace weir::e2e
