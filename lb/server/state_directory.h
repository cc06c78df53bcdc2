#pragma once

#include <expected>
#include <string>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"
#include "lb/sticky/keys.h"

namespace weir::server {

inline constexpr const char* kNodeTokenFile = "/node.token";
inline constexpr const char* kCookieKeyFile = "/cookie.key";

// Makes it, if it is not there, for the user that the process is to become. What fails shows when it is used.
void make_state_directory(const model::Process& process);

// What this process uses is put there unless there is one. If that is another one, it is logged.
void keep_node_token(const model::Process& process, const std::string& token);
void keep_cookie_keys(const model::Process& process, const sticky::Keys& keys);

// Logs that what this process knows is written over a state that is there, if one is.
void tell_state_is_replaced(const model::Process& process);

// The token by which this node knows its own Via entries: random, kept in the state directory so
// that it outlives a restart. Empty if no listener writes Via. Without a state directory it is made
// anew each time.
std::expected<std::string, StartError> node_token(const model::Snapshot& snapshot);

}  // namespace weir::server
