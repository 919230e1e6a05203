// The sensors that config.h names.
#pragma once

#include "../sensors/buses.h"
#include "../sensors/sensor.h"

namespace twinflow {

SensorSet chosen_sensors(Buses &buses);

}  // namespace twinflow
