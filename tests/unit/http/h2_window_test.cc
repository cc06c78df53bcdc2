#include "lb/http/h2_window.h"

#include <doctest/doctest.h>

namespace weir::http {
namespace {

TEST_CASE("no more is sent than the window has left") {
  H2SendWindow window(10);
  CHECK(window.left() == 10);
  window.sent(10);
  CHECK(window.left() == 0);
  CHECK(window.grow(3));
  CHECK(window.left() == 3);
}

TEST_CASE("a smaller initial window can leave less than nothing") {
  H2SendWindow window(100);
  window.sent(80);
  CHECK(window.grow(-100));
  CHECK(window.left() == 0);
  CHECK(window.grow(80));
  CHECK(window.left() == 0);
  CHECK(window.grow(1));
  CHECK(window.left() == 1);
}

TEST_CASE("a window over 2^31-1 is an error and changes nothing") {
  H2SendWindow window(1);
  CHECK(window.grow(kH2MaxWindow - 1));
  CHECK(window.left() == kH2MaxWindow);
  CHECK_FALSE(window.grow(1));
  CHECK(window.left() == kH2MaxWindow);
}

TEST_CASE("a peer must not send more than it may") {
  H2ReceiveWindow window(10);
  CHECK(window.received(10));
  CHECK(window.received(0));
  CHECK_FALSE(window.received(1));
}

TEST_CASE("what was consumed is given back in halves of the window") {
  H2ReceiveWindow window(10);
  CHECK(window.received(9));
  window.consumed(4);
  CHECK(window.give_back() == 0);
  window.consumed(1);
  CHECK(window.give_back() == 5);
  CHECK(window.give_back() == 0);
  CHECK(window.left() == 6);
  window.consumed(4);
  CHECK(window.give_all_back() == 4);
  CHECK(window.left() == 10);
}

TEST_CASE("a window of one byte is given back, one of none gives nothing") {
  H2ReceiveWindow one(1);
  CHECK(one.received(1));
  CHECK(one.give_back() == 0);
  one.consumed(1);
  CHECK(one.give_back() == 1);
  H2ReceiveWindow none(0);
  CHECK(none.give_back() == 0);
}

TEST_CASE("a window grows by what it is enlarged and what it owes") {
  H2ReceiveWindow window;
  CHECK(window.received(100));
  window.consumed(100);
  CHECK(window.enlarge(1000000) == 1000000 - 65535 + 100);
  CHECK(window.left() == 1000000);
  CHECK(window.enlarge(5) == 0);
  CHECK(window.left() == 1000000);
}

}  // namespace
}  // namespace weir::http
