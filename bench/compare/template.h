#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

// Configuration files of peers are templates (bench/peers):
//   @NAME@            is replaced by the value of that name;
//   @TARGET@          a line with it is repeated for each target, "127.0.0.1:8081", as is one with
//   @TARGET_HOST@,
//                     @TARGET_PORT@ or @NUMBER@, which counts the targets from 1; @ZONE@ is its zone;
//   @if FLAG@...      a line that begins so is kept, without the mark, only where the flag is set;
//   @unless FLAG@...  the reverse.
namespace weir::bench::compare {

struct TemplateValues {
  std::map<std::string, std::string, std::less<>> values;
  std::vector<std::uint16_t> targets;  // their ports on 127.0.0.1
  std::vector<std::string> zones{};    // of the targets; empty: none
  std::set<std::string, std::less<>> flags;
};

// The error names the line and what it asks for that is not there.
std::expected<std::string, std::string> fill_template(std::string_view text, const TemplateValues& values);

}  // namespace weir::bench::compare
