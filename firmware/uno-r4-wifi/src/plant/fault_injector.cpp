#include "exact_arithmetic.h"
#include "fault_injector.h"

namespace twinflow {

namespace {

constexpr uint32_t steps_per_s = 10;

}  // namespace

FaultInjector::FaultInjector(uint64_t seed)
    : random_(seed, 2),
      order_{FaultClass::overcurrent, FaultClass::cooling_degradation, FaultClass::imbalance,
             FaultClass::thermal_overload} {}

Fault FaultInjector::next_step() {
  while (steps_left_ == 0) begin_episode();
  --steps_left_;
  return current_;
}

void FaultInjector::begin_episode() {
  if (fault_is_next_) {
    const FaultClass fault_class = deal();
    const float severity = 0.3f + 0.6f * random_.uniform();
    current_ = fault_of(fault_class, severity);
    steps_left_ = steps_between(20, 60);
  } else {
    current_ = Fault();
    steps_left_ = steps_between(30, 60);
  }
  fault_is_next_ = !fault_is_next_;
}

uint32_t FaultInjector::steps_between(uint32_t min_s, uint32_t max_s) {
  return (min_s + random_.next() % (max_s - min_s + 1)) * steps_per_s;
}

// One swap of a Fisher-Yates shuffle a deal.
FaultClass FaultInjector::deal() {
  const uint32_t at = dealt_ % 4;
  const uint32_t pick = at + random_.next() % (4 - at);
  const FaultClass swapped = order_[at];
  order_[at] = order_[pick];
  order_[pick] = swapped;
  ++dealt_;
  return order_[at];
}

}  // namespace twinflow
