#include "lb/http/h2_settings.h"

#include <doctest/doctest.h>

#include <string>

namespace weir::http {
namespace {

std::string setting(unsigned id, std::uint32_t value) {
  std::string bytes(6, '\0');
  bytes[0] = static_cast<char>(id >> 8);
  bytes[1] = static_cast<char>(id);
  write_u32(bytes.data() + 2, value);
  return bytes;
}

TEST_CASE("settings are read, unknown ones passed over") {
  H2Settings settings;
  const std::string payload = setting(1, 0) + setting(2, 0) + setting(3, 100) + setting(0x0a0a, 7) +
                              setting(4, 70000) + setting(5, 16777215) + setting(6, 65536) + setting(8, 1);
  CHECK(read_settings(settings, H2Role::client, payload) == 70000 - 65535);
  const H2Settings expected{.header_table_size = 0,
                            .max_concurrent_streams = 100,
                            .initial_window = 70000,
                            .max_frame = 16777215,
                            .max_header_list = 65536,
                            .enable_push = false,
                            .enable_connect_protocol = true};
  CHECK(settings == expected);
}

TEST_CASE("the last value of a setting counts, and streams get the difference of the windows") {
  H2Settings settings;
  CHECK(read_settings(settings, H2Role::client, setting(4, 100) + setting(4, 0)) == -65535);
  CHECK(settings.initial_window == 0);
  CHECK(read_settings(settings, H2Role::client, setting(4, kH2MaxWindow)) == kH2MaxWindow);
  CHECK(read_settings(settings, H2Role::client, "") == 0);
}

TEST_CASE("settings out of their range end the connection") {
  struct Row {
    H2Role from;
    std::string payload;
    H2Error error;
  };
  const Row rows[] = {
      {H2Role::client, setting(2, 2), H2Error::protocol_error},
      {H2Role::server, setting(2, 1), H2Error::protocol_error},
      {H2Role::client, setting(4, 0x80000000), H2Error::flow_control_error},
      {H2Role::client, setting(5, 16383), H2Error::protocol_error},
      {H2Role::client, setting(5, 16777216), H2Error::protocol_error},
      {H2Role::client, setting(8, 2), H2Error::protocol_error},
      {H2Role::server, setting(8, 1) + setting(8, 0), H2Error::protocol_error},
  };
  for (const Row& row : rows) {
    H2Settings settings;
    CHECK(read_settings(settings, row.from, row.payload) == std::unexpected(row.error));
  }
}

TEST_CASE("settings at the ends of their range are taken") {
  const std::string payloads[] = {setting(2, 1), setting(4, kH2MaxWindow), setting(5, 16384), setting(8, 0)};
  for (const std::string& payload : payloads) {
    H2Settings settings;
    CHECK(read_settings(settings, H2Role::client, payload).has_value());
  }
  H2Settings settings;
  CHECK(read_settings(settings, H2Role::server, setting(2, 0)).has_value());
}

TEST_CASE("what differs from the initial values is written, and read again") {
  std::string out;
  write_settings(out, {});
  CHECK(out == std::string("\0\0\0\4\0\0\0\0\0", 9));
  const H2Settings settings{.header_table_size = 1,
                            .max_concurrent_streams = 2,
                            .initial_window = 3,
                            .max_frame = 20000,
                            .max_header_list = 5,
                            .enable_push = false,
                            .enable_connect_protocol = true};
  out.clear();
  write_settings(out, settings);
  const H2FrameHead head = read_frame_head(out.data());
  CHECK(head == H2FrameHead{42, H2FrameType::settings, 0, 0});
  H2Settings read;
  CHECK(read_settings(read, H2Role::server, std::string_view(out).substr(kH2FrameHeadSize)) == 3 - 65535);
  CHECK(read == settings);
}

}  // namespace
}  // namespace weir::http
