#pragma once

#include <string>

#include "lb/admin/group_status.h"

// Events as the daemon's log tells them: a sentence for people, and behind it the same in logfmt for
// programs.
namespace weir::server {

// "target group app: t1 (az-1): healthy -> unhealthy, ...". Of what comes from outside it holds nothing that
// could be taken for a field: that stands in the fields alone.
std::string sentence(const admin::Event& event);

// "event=health target_group=app target=t1 ...": what is not there is left out, what is no plain word is
// quoted and escaped.
std::string event_fields(const admin::Event& event);

// Something an operator wants to know of.
bool is_bad_news(const admin::Event& event);

}  // namespace weir::server
