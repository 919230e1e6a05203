// Asks a time server for the time (SNTP, RFC 4330).
#pragma once

#include "../hal.h"
#include "backoff.h"
#include "clock.h"

namespace twinflow {

class TimeClient {
 public:
  TimeClient(Hal &hal, Clock &clock, const char *server) : hal_(hal), clock_(clock), server_(server) {}

  // Asks when it is time to, and takes the answer. Never waits.
  void poll(uint32_t now_ms);

 private:
  void ask(uint32_t now_ms);
  void take_answer();

  Hal &hal_;
  Clock &clock_;
  const char *server_;
  Backoff backoff_{2000, 300000};
  bool is_asking_ = false;
  bool was_answered_ = false;
  uint32_t asked_ms_ = 0;
  uint32_t answered_ms_ = 0;
  uint64_t asked_uptime_ms_ = 0;
  // Only an answer to this very question counts.
  uint32_t question_ = 0;
};

}  // namespace twinflow
