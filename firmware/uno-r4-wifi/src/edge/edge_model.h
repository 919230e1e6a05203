// The fault model on the board itself. `#define EDGE_MODEL` in config.h switches it on; without it nothing of it is in the program.
#pragma once

#include "../../config.h"
#include "../plant/twin.h"
#include "../timing/pacing.h"
#include "residual_window.h"

namespace twinflow {

class EdgeModel {
 public:
  // The fault code that the model gives to what was seen so far, -1 while it cannot say.
  int32_t judge(const Reading &reading, const Command &command, uint32_t now_ms);

#ifdef EDGE_MODEL
 private:
  Twin twin_;
  ResidualWindow window_;
  // The model was trained at this rate, whatever the rate of the readings is.
  Pacing pace_{5.0f};
  bool has_begun_ = false;
  uint32_t last_ms_ = 0;
  int32_t fault_code_ = -1;
#endif
};

#ifndef EDGE_MODEL
inline int32_t EdgeModel::judge(const Reading &, const Command &, uint32_t) { return -1; }
#endif

}  // namespace twinflow
