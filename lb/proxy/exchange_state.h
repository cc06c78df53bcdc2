#pragma once

#include <cstdint>

// The two halves of an exchange, each a machine of its own; the exchange is over when the response
// half is. The tables are the whole truth: a transition that is not listed leaves the state as it is.
//
//   request:   receiving --end--> complete
//              receiving --fail--> failed
//   response:  waiting --head--> started --end--> complete
//              waiting, started --cut--> cut
namespace weir::proxy {

enum class RequestState : std::uint8_t { receiving, complete, failed };
enum class RequestEvent : std::uint8_t { end, fail };

constexpr RequestState after(RequestState state, RequestEvent event) {
  if (state != RequestState::receiving) return state;
  return event == RequestEvent::end ? RequestState::complete : RequestState::failed;
}

enum class ResponseState : std::uint8_t { waiting, started, complete, cut };
enum class ResponseEvent : std::uint8_t { head, end, cut };

constexpr ResponseState after(ResponseState state, ResponseEvent event) {
  switch (state) {
    case ResponseState::waiting:
      if (event == ResponseEvent::head) return ResponseState::started;
      return event == ResponseEvent::cut ? ResponseState::cut : state;
    case ResponseState::started:
      if (event == ResponseEvent::end) return ResponseState::complete;
      return event == ResponseEvent::cut ? ResponseState::cut : state;
    case ResponseState::complete:
    case ResponseState::cut: return state;
  }
  return state;
}

}  // namespace weir::proxy
