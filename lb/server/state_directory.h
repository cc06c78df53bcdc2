#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "lb/model/snapshot.h"
#include "lb/server/start_error.h"

namespace weir::server {

inline constexpr const char* kNodeTokenFile = "/node.token";
inline constexpr const char* kCookieKeyFile = "/cookie.key";

// Makes it, if it is not there, for the user that the process is to become. What fails shows when it is used.
void make_state_directory(const model::Process& process);

// Puts what this process knows into that file of the directory, unless it is there. If it says something
// else, that is logged: it counts from the next start on.
void keep_in_state_directory(const model::Process& process, const char* file, std::string_view text);

// Of the process before: what the directory has of another one is replaced.
void warn_of_other_state(const model::Process& process);

// The token by which this node knows its own Via entries: random, kept in the state directory so
// that it outlives a restart. Empty if no listener writes Via. Without a state directory it is made
// anew each time.
std::expected<std::string, StartError> node_token(const model::Snapshot& snapshot);

}  // namespace weir::server
