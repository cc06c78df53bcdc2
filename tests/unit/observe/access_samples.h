#pragma once

#include "lb/observe/access_record.h"

// Records for tests of the access log's formats.

inline weir::observe::AccessRecord complete_record() {
  using namespace std::chrono_literals;
  weir::observe::AccessRecord record;
  record.time = weir::base::WallTime(1'700'000'000'123'999'999ns);
  record.listener = "web";
  record.client = "2001:db8::1";
  record.client_port = 51000;
  record.target_group = "app";
  record.target = "10.0.1.10:8080";
  record.target_id = "app-1";
  record.zone = "az-1";
  record.rule = "default";
  record.rule_number = 0;
  record.action = "forward";
  record.method = "GET";
  record.authority = "example.com";
  record.port = 8080;
  record.request_target = "/a?b=c";
  record.protocol = "HTTP/1.1";
  record.status = 200;
  record.target_status = 200;
  record.received_bytes = 120;
  record.sent_bytes = 18446744073709551615U;
  record.user_agent = "curl/8";
  record.request_id = "1-2";
  record.trace_id = "00-ab-cd-01";
  record.queue = 0ns;
  record.connect = 1us;
  record.first_byte = 12'345'678ns;
  record.total = 3601s;
  record.attempts = 2;
  record.target_connection_reused = true;
  return record;
}

inline constexpr std::string_view kHostile = "\"}\n{\" - \r\xff\x01\\";

// Hostile bytes in every text that comes from outside.
inline weir::observe::AccessRecord hostile_record() {
  weir::observe::AccessRecord record = complete_record();
  for (std::string_view* field : {&record.type,         &record.listener,       &record.client,
                                  &record.target_group, &record.target,         &record.target_id,
                                  &record.zone,         &record.rule,           &record.method,
                                  &record.authority,    &record.request_target, &record.protocol,
                                  &record.user_agent,   &record.request_id,     &record.trace_id,
                                  &record.reason,       &record.classification, &record.classification_reason,
                                  &record.scheme,       &record.action,         &record.redirect_url}) {
    *field = kHostile;
  }
  return record;
}
