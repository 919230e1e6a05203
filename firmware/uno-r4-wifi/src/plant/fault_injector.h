// Random faults for a live demonstration: 30 to 60 s of normal operation, then 20 to 60 s of a fault, without end.
#pragma once

#include "fault.h"
#include "random_numbers.h"

namespace twinflow {

// The four classes come in random order, each once before any comes again. The episodes follow from the seed alone.
class FaultInjector {
 public:
  explicit FaultInjector(uint64_t seed);

  // The fault of the next step of the plant.
  Fault next_step();

 private:
  void begin_episode();
  FaultClass deal();
  uint32_t steps_between(uint32_t min_s, uint32_t max_s);

  Pcg32 random_;
  FaultClass order_[4];
  uint32_t dealt_ = 0;
  bool fault_is_next_ = false;
  Fault current_;
  uint32_t steps_left_ = 0;
};

}  // namespace twinflow
