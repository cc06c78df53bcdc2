#include "lb/http/h2_settings.h"

namespace weir::http {
namespace {

enum class Id : std::uint16_t {
  header_table_size = 1,
  enable_push = 2,
  max_concurrent_streams = 3,
  initial_window = 4,
  max_frame = 5,
  max_header_list = 6,
  enable_connect_protocol = 8,
};

constexpr std::size_t kSettingSize = 6;

H2Error set(H2Settings& settings, H2Role from, Id id, std::uint32_t value) {
  switch (id) {
    case Id::header_table_size: settings.header_table_size = value; break;
    case Id::max_concurrent_streams: settings.max_concurrent_streams = value; break;
    case Id::max_header_list: settings.max_header_list = value; break;
    case Id::enable_push:
      if (value > (from == H2Role::client ? 1U : 0U)) return H2Error::protocol_error;
      settings.enable_push = value == 1;
      break;
    case Id::initial_window:
      if (value > kH2MaxWindow) return H2Error::flow_control_error;
      settings.initial_window = value;
      break;
    case Id::max_frame:
      if (value < kH2MinMaxFrame || value > kH2MaxMaxFrame) return H2Error::protocol_error;
      settings.max_frame = value;
      break;
    case Id::enable_connect_protocol:
      if (value > 1 || (value == 0 && settings.enable_connect_protocol)) return H2Error::protocol_error;
      settings.enable_connect_protocol = value == 1;
      break;
    default: break;  // unknown ones are ignored (RFC 9113 6.5.2)
  }
  return H2Error::no_error;
}

}  // namespace

std::expected<std::int64_t, H2Error> read_settings(H2Settings& settings, H2Role from,
                                                   std::string_view payload) {
  const std::int64_t window = settings.initial_window;
  for (; payload.size() >= kSettingSize; payload.remove_prefix(kSettingSize)) {
    const auto byte = [&](std::size_t at) { return std::uint32_t{static_cast<unsigned char>(payload[at])}; };
    const auto id = static_cast<Id>(byte(0) << 8 | byte(1));
    const H2Error error = set(settings, from, id, read_u32(payload.data() + 2));
    if (error != H2Error::no_error) return std::unexpected(error);
  }
  return settings.initial_window - window;
}

void write_settings(std::string& out, const H2Settings& settings) {
  const std::size_t before = out.size();
  out.resize(before + kH2FrameHeadSize);
  const auto add = [&](Id id, std::uint32_t value, std::uint32_t initial) {
    if (value == initial) return;
    out.resize(out.size() + kSettingSize);
    char* const to = out.data() + out.size() - kSettingSize;
    to[0] = 0;
    to[1] = static_cast<char>(id);
    write_u32(to + 2, value);
  };
  constexpr H2Settings kInitial;
  add(Id::header_table_size, settings.header_table_size, kInitial.header_table_size);
  add(Id::enable_push, settings.enable_push ? 1 : 0, 1);
  add(Id::max_concurrent_streams, settings.max_concurrent_streams, kInitial.max_concurrent_streams);
  add(Id::initial_window, settings.initial_window, kInitial.initial_window);
  add(Id::max_frame, settings.max_frame, kInitial.max_frame);
  add(Id::max_header_list, settings.max_header_list, kInitial.max_header_list);
  add(Id::enable_connect_protocol, settings.enable_connect_protocol ? 1 : 0, 0);
  const auto length = static_cast<std::uint32_t>(out.size() - before - kH2FrameHeadSize);
  write_frame_head(out.data() + before, {length, H2FrameType::settings, 0, 0});
}

}  // namespace weir::http
