#pragma once

#include "config/files.h"
#include "config/report.h"
#include "lb/model/snapshot.h"

namespace weir::config {

// What no single key of a target group shows. Warnings make sense only when nothing of the file was
// refused: a group may look empty because of that.
class GroupChecks {
 public:
  GroupChecks(const model::TargetGroup& group, const model::Process& process, const Files& files,
              Report& report);

  void find_errors() const;
  void find_warnings() const;

 private:
  void check_addresses() const;
  void check_names() const;
  void check_durations() const;
  void check_tls() const;
  void warn_of_targets() const;
  void warn_of_zones() const;
  void warn_of_bounds() const;
  void warn_of_check() const;
  void warn_of_server_name() const;
  bool checks_by_tls() const;

  Where at(const model::Place& place, std::string_view key) const;

  const model::TargetGroup& group_;
  const model::Process& process_;
  const Files& files_;
  Report& report_;
};

}  // namespace weir::config
