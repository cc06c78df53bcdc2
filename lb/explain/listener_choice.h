#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include "lb/explain/known_group.h"
#include "lb/explain/question.h"

namespace weir::explain {

// Which listener a request comes to.
struct ListenerChoice {
  const model::Listener* listener = nullptr;
  std::string why;         // for people to read
  std::uint16_t port = 0;  // of the listener, as the client sees it; 0: a unix socket
};

// The one that is named, else the one that is bound to the port of the URL (of several the one that is bound
// to its host, else the one that speaks its scheme), else the only one there is, else the only one that
// speaks its scheme.
std::expected<ListenerChoice, QuestionError> choose_listener(const World& world, const Question& question);

}  // namespace weir::explain
