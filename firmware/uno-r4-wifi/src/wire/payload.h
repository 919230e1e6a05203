// A reading as the board sends it: the same JSON as the engine's simulated fan sends (nodes/src/fan_payload.rs).
#pragma once

#include "../plant/plant.h"
#include "text_writer.h"

namespace twinflow {

// Counts the changes of the payload that a reader must know of.
constexpr uint32_t schema_version = 1;

struct Report {
  const char *asset_id = "";
  // Milliseconds since 1970; 0 while the board does not know the time, and then it is left out: the time of arrival counts.
  uint64_t timestamp_ms = 0;
  uint64_t sequence = 0;
  // Counts the stretches between changes of the fault, so that a log can be cut into runs.
  uint64_t run = 0;
  Reading reading;
  // A sensor that does not answer has no value: its field is left out.
  bool has_temp = true;
  bool has_rpm = true;
  bool has_current = true;
  bool has_vibration = true;
  Mode mode = Mode::off;
  Command command;
  // What the model on the board says; left out below 0.
  int32_t edge_fault_code = -1;
};

// False when the buffer is too small.
bool write_payload(const Report &report, TextWriter &out);

}  // namespace twinflow
