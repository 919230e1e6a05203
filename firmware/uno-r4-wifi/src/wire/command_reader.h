// Commands to the fan, as JSON: the same as the engine's simulated fan takes (nodes/src/fan_command.rs), and the board's own rate.
#pragma once

#include "../plant/command.h"
#include "json_reader.h"
#include "text_writer.h"

namespace twinflow {

constexpr Limits publish_rate_hz_limits = {1.0f, 20.0f};

// What a message asks for. What it does not name stays as it is.
struct Request {
  Command command;
  float publish_rate_hz;
  // The machine that is meant; empty for all that listen.
  JsonText key = {};

  bool is_meant_for(const char *asset_id) const { return key.size == 0 || key.is(asset_id); }
};

// Reads a message such as {"control_mode": "manual", "speed_command_pct": 60, "fault": {"class": "imbalance", "severity": 0.6}}.
//
// `request` holds what is in force and gets what is asked for. On false `reason` says which field is wrong, what was found and what is
// allowed, and nothing of the message is to be used: `request` is unchanged.
bool read_command(const char *text, size_t size, Request &request, TextWriter &reason);

}  // namespace twinflow
