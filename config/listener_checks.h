#pragma once

#include "config/files.h"
#include "config/report.h"
#include "lb/model/listener.h"

namespace weir::config {

// What no single key of a listener shows, and has to do with TLS. Warnings make sense only when nothing of
// the file was refused.
class ListenerChecks {
 public:
  ListenerChecks(const model::Listener& listener, const Files& files, Report& report);

  void find_errors() const;
  void find_warnings() const;

 private:
  void warn_of_certificates() const;
  void warn_of_redirect(const model::Action& action, const std::string& key) const;

  Where at(const model::Place& place, std::string_view key) const;

  const model::Listener& listener_;
  const Files& files_;
  Report& report_;
};

}  // namespace weir::config
