#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/admin/message.h"

namespace weir::admin {

// Reads the JSON object that a request brings, member by member, as strictly as the configuration is read.
// What is wrong is kept, the first of it, and each later read gives what is absent. An empty body is an
// object without members.
class BodyReader {
 public:
  static constexpr std::size_t kMost = 64 * 1024;  // it is read on the control thread

  explicit BodyReader(std::string_view body);

  // Absent members give nothing; so do wrong ones.
  std::optional<std::string> text(const char* member);
  std::optional<std::uint32_t> number(const char* member, std::uint32_t least, std::uint32_t most);
  std::optional<bool> flag(const char* member);
  // A list of pairs, or an object.
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  std::optional<Pairs> pairs(const char* member);

  // Says what is wrong with a member that was read.
  void complain(std::string_view member, std::string_view what);

  // After all reads: the answer to a body that is wrong. Members that nobody has read are.
  std::optional<Response> refusal();

 private:
  std::optional<nlohmann::json> take(const char* member);

  nlohmann::json members_ = nlohmann::json::object();
  std::string complaint_;
  unsigned status_ = 400;
};

}  // namespace weir::admin
