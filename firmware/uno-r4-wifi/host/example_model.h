// Stands in for a header that `twinflow export --c` writes, with its names and a rule in place of its forest: a test wants to know what
// the board asks it.
#pragma once

#include <stdint.h>

#define TWINFLOW_FEATURES 12
#define TWINFLOW_CLASSES 5

enum {
  // Not in the order in which the board fills them: it has to go by the names.
  TWINFLOW_FEATURE_VIBRATION_RESIDUAL_10S = 0,
  TWINFLOW_FEATURE_CURRENT_RESIDUAL_10S = 1,
  TWINFLOW_FEATURE_RPM_RESIDUAL_10S = 2,
  TWINFLOW_FEATURE_TEMP_RESIDUAL_10S = 3,
  TWINFLOW_FEATURE_VIBRATION_RESIDUAL_2S = 4,
  TWINFLOW_FEATURE_CURRENT_RESIDUAL_2S = 5,
  TWINFLOW_FEATURE_RPM_RESIDUAL_2S = 6,
  TWINFLOW_FEATURE_TEMP_RESIDUAL_2S = 7,
  TWINFLOW_FEATURE_VIBRATION_RESIDUAL = 8,
  TWINFLOW_FEATURE_CURRENT_RESIDUAL = 9,
  TWINFLOW_FEATURE_RPM_RESIDUAL = 10,
  TWINFLOW_FEATURE_TEMP_RESIDUAL = 11,
};

#define TWINFLOW_NOT_FINITE 255

typedef uint16_t twinflow_sum;

static const uint32_t twinflow_fault_code[TWINFLOW_CLASSES] = {0, 1, 2, 3, 4};

// What it was asked last, for the test.
inline float example_features[TWINFLOW_FEATURES];

static inline uint8_t twinflow_classify(const float features[TWINFLOW_FEATURES], twinflow_sum sums[TWINFLOW_CLASSES]) {
  uint8_t found = 0;
  for (int at = 0; at < TWINFLOW_FEATURES; ++at) example_features[at] = features[at];
  for (int at = 0; at < TWINFLOW_CLASSES; ++at) sums[at] = 0;
  if (!(features[TWINFLOW_FEATURE_TEMP_RESIDUAL] < 1e9f)) return TWINFLOW_NOT_FINITE;
  if (features[TWINFLOW_FEATURE_CURRENT_RESIDUAL_2S] > 0.15f) found = 1;
  if (features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL_2S] > 0.01f) found = 3;
  sums[found] = 1;
  return found;
}
