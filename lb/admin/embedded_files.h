#pragma once

#include <span>
#include <string_view>

namespace weir::admin {

// A file of the sources, as it was when weir was built.
struct EmbeddedFile {
  std::string_view name;
  std::string_view content_type;
  std::string_view entity_tag;  // of its content, in quotes
  std::string_view content;
};

std::span<const EmbeddedFile> dashboard_files();  // of the folder dashboard/
std::span<const EmbeddedFile> openapi_files();    // openapi.json alone

}  // namespace weir::admin
