#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "config/load.h"
#include "lb/explain/explanation.h"

namespace weir::explain::test {

inline std::shared_ptr<const model::Snapshot> snapshot(const std::string& yaml) {
  auto loaded = config::load_text("process: { state_dir: off, zone: a }\n" + yaml, "lb.yaml");
  INFO((loaded ? "" : config::to_text(loaded.error())));
  REQUIRE(loaded);
  return std::make_shared<const model::Snapshot>(std::move(loaded->snapshot));
}

// A file, and time that stands still.
class File {
 public:
  explicit File(const std::string& yaml) : world(world_of_file(snapshot(yaml), "lb.yaml")), loop_(clock) {}

  std::expected<Explanation, QuestionError> ask(const Asked& asked) { return explain(world, asked, loop_); }
  Explanation operator()(const Asked& asked) {
    auto explanation = ask(asked);
    INFO((explanation ? "" : explanation.error().message));
    REQUIRE(explanation);
    return *std::move(explanation);
  }

  World world;
  base::ManualClock clock;

 private:
  net::Loop loop_;
};

}  // namespace weir::explain::test
