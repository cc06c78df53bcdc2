#include "lb/probe/due_heap.h"

namespace weir::probe {

void DueHeap::put(std::size_t place, Node node) {
  heap_[place] = node;
  node.entry->place_ = place;
}

void DueHeap::rise(std::size_t place, Node node) {
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (heap_[parent].at <= node.at) break;
    put(place, heap_[parent]);
    place = parent;
  }
  put(place, node);
}

void DueHeap::sink(std::size_t place, Node node) {
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].at < heap_[child].at) ++child;
    if (node.at <= heap_[child].at) break;
    put(place, heap_[child]);
    place = child;
  }
  put(place, node);
}

void DueHeap::set(Due& entry, base::Instant at) {
  const Node node{at, &entry};
  if (!entry.waits()) {
    heap_.push_back(node);
    return rise(heap_.size() - 1, node);
  }
  if (at < heap_[entry.place_].at) return rise(entry.place_, node);
  sink(entry.place_, node);
}

void DueHeap::remove(Due& entry) {
  if (!entry.waits()) return;
  const std::size_t place = entry.place_;
  entry.place_ = Due::kNowhere;
  const Node last = heap_.back();
  heap_.pop_back();
  if (last.entry == &entry) return;
  if (last.at < heap_[place].at) return rise(place, last);
  sink(place, last);
}

}  // namespace weir::probe
