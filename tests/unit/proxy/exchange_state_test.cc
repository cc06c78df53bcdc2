#include "lb/proxy/exchange_state.h"

#include <doctest/doctest.h>

namespace weir::proxy {

TEST_CASE("the request half moves as its table says") {
  using S = RequestState;
  using E = RequestEvent;
  const struct {
    S from;
    E event;
    S to;
  } rows[] = {
      {S::receiving, E::end, S::complete}, {S::receiving, E::fail, S::failed},
      {S::complete, E::end, S::complete},  {S::complete, E::fail, S::complete},
      {S::failed, E::end, S::failed},      {S::failed, E::fail, S::failed},
  };
  for (const auto& row : rows) CHECK(after(row.from, row.event) == row.to);
}

TEST_CASE("the response half moves as its table says, and its ends are ends") {
  using S = ResponseState;
  using E = ResponseEvent;
  const struct {
    S from;
    E event;
    S to;
  } rows[] = {
      {S::waiting, E::head, S::started},
      {S::waiting, E::end, S::waiting},
      {S::waiting, E::cut, S::cut},
      {S::started, E::head, S::started},
      {S::started, E::end, S::complete},
      {S::started, E::cut, S::cut},
      {S::complete, E::head, S::complete},
      {S::complete, E::end, S::complete},
      {S::complete, E::cut, S::complete},
      {S::cut, E::head, S::cut},
      {S::cut, E::end, S::cut},
      {S::cut, E::cut, S::cut},
  };
  for (const auto& row : rows) CHECK(after(row.from, row.event) == row.to);
}

}  // namespace weir::proxy
