// The speed controller.
#pragma once

#include "command.h"

namespace twinflow {

// The commanded speed as a fraction of 3000 rpm, 0 to 1, from the measured temperature.
float commanded_speed(ControlMode mode, float speed_command_pct, float measured_c);

}  // namespace twinflow
