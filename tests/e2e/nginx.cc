#include "tests/e2e/nginx.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tests/support/backend.h"

namespace weir::e2e {
namespace {

constexpr std::string_view kSettings = R"(
daemon off;
master_process off;
pid {0}/pid;
error_log {0}/error.log info;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  client_body_temp_path {0}/body;
  proxy_temp_path {0}/proxy;
  fastcgi_temp_path {0}/fastcgi;
  uwsgi_temp_path {0}/uwsgi;
  scgi_temp_path {0}/scgi;
  keepalive_requests 1000000;
  client_max_body_size 64m;
  server {{
    listen {1};
    root {0}/files;
    location /files/ {{ root {0}; dav_methods PUT DELETE; }}
    location = /empty {{ return 204; }}
    location = /small {{ return 200 "nginx is here\n"; }}
    location = /chunked-me {{ gzip on; gzip_min_length 1; gzip_types text/plain; return 200 "chunked here\n"; }}
  }}
  {2}
}}
)";

bool answers(const std::string& address) {
  try {
    return test::fetch(address, "/small").status == 200;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

// nginx cannot choose a port itself, and another program may be faster than it.
Nginx::Nginx(const std::string& listen, const std::string& directives) {
  std::filesystem::create_directory(directory_.path("files"));
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (start(listen, directives)) return;
  }
  throw std::runtime_error("nginx does not start: " + process_->err());
}

bool Nginx::start(const std::string& listen, const std::string& directives) {
  address_ = "127.0.0.1:" + test::free_port();
  second_ = "127.0.0.1:" + test::free_port();
  const std::string second =
      directives.empty() ? "" : fmt::format("server {{ listen {} {}; {} }}", second_, listen, directives);
  const std::string file =
      directory_.write("nginx.conf", fmt::format(kSettings, directory_.path(), address_, second));
  const char* const program = std::filesystem::exists("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";
  process_ =
      std::make_unique<test::Process>(test::Command{.arguments = {program, "-e", "stderr", "-c", file}});
  test::eventually([&] { return !process_->running() || answers(address_); });
  return process_->running();
}

}  // namespace weir::e2e
