#include <algorithm>

#include "config/keys/group_fields.h"
#include "config/keys/ratios.h"
#include "config/keys/scalars.h"

namespace weir::config {

using namespace std::chrono_literals;
using model::Queue;
using model::Retry;
using model::RetryWhen;
using model::TargetGroup;

namespace {

using Failure = bool RetryWhen::*;

const std::vector<std::pair<std::string, Failure>>& failures() {
  static const std::vector<std::pair<std::string, Failure>> failures{
      {"connect_failure", &RetryWhen::connect_failure},
      {"reset", &RetryWhen::reset},
      {"timeout", &RetryWhen::timeout},
      {"502", &RetryWhen::status_502},
      {"503", &RetryWhen::status_503},
      {"504", &RetryWhen::status_504}};
  return failures;
}

Codec<Failure> failure() {
  auto codec = one_of<Failure>(failures());
  codec.schema = either_schema(std::move(codec.schema), {{"enum", {502, 503, 504}}});
  return codec;
}

Field<Retry> when_field() {
  using Failures = std::vector<Failure>;
  return mapped_field<Retry, Failures>(
      "when", "Failures after which another target is tried; all but the first for idempotent methods only",
      off_as({}, list_of(failure())),
      [](Retry& retry, const Failures& chosen) {
        for (const auto& [name, member] : failures())
          retry.when.*member = std::ranges::find(chosen, member) != chosen.end();
      },
      [](const Retry& retry) {
        Failures chosen;
        for (const auto& [name, member] : failures()) {
          if (retry.when.*member) chosen.push_back(member);
        }
        return chosen;
      });
}

Table<Retry> retry_table() {
  return {
      .doc = "When a request is tried again",
      .fields = {
          field("attempts", "All tries, the first included", &Retry::attempts, number32(1, 10)),
          when_field(),
          field("budget_percent",
                "How many retries there may be, against the group's requests of the last 10 s; 3 a second "
                "beside that",
                &Retry::budget_percent, percent(0, 100)),
          field("buffer", "The most of a request body that may be sent a second time", &Retry::buffer,
                size(0, 16ULL << 20)),
      }};
}

Table<Queue> queue_table() {
  return {.doc = "Requests that wait while every target is at its max_requests",
          .fields = {
              field("max", "How many wait, of all workers; off: none", &Queue::max,
                    off_as<std::uint32_t>(0, number32(0, 1'000'000))),
              field("timeout", "How long one waits", &Queue::timeout, duration(1ms, 1h)),
          }};
}

}  // namespace

Field<TargetGroup> retry_field() {
  auto codec = section_codec(retry_table());
  codec.read = [read = codec.read](const Value& value) -> std::optional<Retry> {
    if (!is_off(value)) return read(value.or_word("off"));
    Retry never;
    never.attempts = 1;
    return never;
  };
  codec.schema = either_schema(off_schema(), std::move(codec.schema));
  return field("retry", "When a request is tried again; off: never", &TargetGroup::retry, std::move(codec));
}

Field<TargetGroup> queue_field() {
  auto codec = section_codec(queue_table());
  codec.read = [read = codec.read](const Value& value) {
    return is_off(value) ? std::optional(Queue{.max = 0}) : read(value.or_word("off"));
  };
  codec.schema = either_schema(off_schema(), std::move(codec.schema));
  return field("queue", "Requests that wait while every target is at its max_requests; off: none waits",
               &TargetGroup::queue, std::move(codec));
}

}  // namespace weir::config
