#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/diagnostics.h"
#include "config/plan.h"
#include "lb/admin/group_status.h"
#include "lb/admin/message.h"

namespace weir::server {

// What asked for another configuration.
enum class ReloadCause : std::uint8_t { file, signal, command, unconfirmed, errors };
// "a change of its files"
std::string_view word(ReloadCause cause);

enum class ReloadResult : std::uint8_t { applied, unchanged, refused, rolled_back, rollback_failed };
std::string_view word(ReloadResult result);

// What became of a reload: for the log, an event, the admin API and the command that asked.
struct ReloadReport {
  base::WallTime at{};
  ReloadCause cause = ReloadCause::file;
  ReloadResult result = ReloadResult::unchanged;
  config::Plan plan = {};                // to what is in force now; of a refusal: none
  config::Diagnostics diagnostics = {};  // why it was refused; else warnings
  std::string detail = {};               // why it was rolled back
  std::optional<base::WallTime> confirm_until = {};

  bool went_well() const { return result == ReloadResult::applied || result == ReloadResult::unchanged; }
};

// One line each, whatever there is to say.
std::string log_line(const ReloadReport& report);
admin::Event event_of(const ReloadReport& report);
// The answer to POST /api/v1/reload: 200 with the plan, or a problem document with all diagnostics.
admin::Response answer_of(const ReloadReport& report);

}  // namespace weir::server
