#pragma once

#include <span>

#include "lb/admin/embedded_files.h"
#include "lb/admin/router.h"

// The endpoints of the admin API, a family to a file.
namespace weir::admin {

std::span<const Route> dashboard_routes();  // the page and its files
std::span<const Route> status_routes();     // metrics, livez, readyz, status, config
std::span<const Route> target_routes();     // what targets there are; register, deregister
std::span<const Route> drain_routes();
std::span<const Route> zone_routes();
std::span<const Route> event_routes();  // what goes on: events, live
std::span<const Route> explain_routes();
std::span<const Route> plan_routes();
std::span<const Route> reload_routes();   // reload, confirm
std::span<const Route> openapi_routes();  // the description of all of these

// All of them.
std::span<const std::span<const Route>> all_routes();

Response text_answer(unsigned status, std::string body);
Response json_answer(unsigned status, std::string body);

// With its entity tag; 304 without a body where the client has it already.
Response embedded_answer(const RoutedRequest& asked, const EmbeddedFile& file);

// While no target groups run.
Response no_operations();

// What an operation on a target left: {"at", "target_group", "target": as in /api/v1/targets, or null if it
// is gone}. `target` is an address or an id.
Response target_answer(const RoutedRequest& asked, unsigned status, const std::string& group,
                       const std::string& target);

// The target that a path names: an address in the form that groups() has, or an id as it is.
std::string target_name(const std::string& segment);

}  // namespace weir::admin
