// What the board's twelve by eight lights show.
#pragma once

#include <stdint.h>

namespace twinflow {

struct Picture {
  uint32_t words[3];
};

enum class Sight : uint8_t { no_wifi, no_broker, running, fault, sensor_silent };

// `beat` changes with each reading, so that one sees the board live.
Picture picture_of(Sight sight, bool beat);

}  // namespace twinflow
