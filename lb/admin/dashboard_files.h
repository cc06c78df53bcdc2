#pragma once

#include <span>
#include <string_view>

namespace weir::admin {

// A file of the folder dashboard/, as it was when weir was built.
struct DashboardFile {
  std::string_view name;
  std::string_view content_type;
  std::string_view entity_tag;  // of its content, in quotes
  std::string_view content;
};

std::span<const DashboardFile> dashboard_files();

}  // namespace weir::admin
