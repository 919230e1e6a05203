#include "edge_model.h"

#ifdef EDGE_MODEL

#ifndef EDGE_MODEL_HEADER
#define EDGE_MODEL_HEADER "../../model.h"
#endif
// Written by `twinflow export models/fan-twin.json --c model.h --flash 64KiB`.
#include EDGE_MODEL_HEADER

namespace twinflow {

namespace {

enum Channel : unsigned { temp, rpm, current, vibration };

}  // namespace

int32_t EdgeModel::judge(const Reading &reading, const Command &command, uint32_t now_ms) {
  if (!has_begun_) {
    has_begun_ = true;
    last_ms_ = now_ms;
    pace_.start(now_ms);
  } else if (!pace_.is_due(now_ms, 0)) {
    return fault_code_;
  }
  const float after_s = static_cast<float>(now_ms - last_ms_) * 0.001f;
  last_ms_ = now_ms;
  const TwinInputs inputs = {command.control_mode, command.speed_command_pct, command.process_heat_load_w,
                             command.mechanical_load};
  const Reading expected = twin_.follow(reading, inputs, after_s);
  const float residuals[residual_channels] = {
      reading.temp_c - expected.temp_c,
      reading.rpm - expected.rpm,
      reading.current_a - expected.current_a,
      reading.vibration_g - expected.vibration_g,
  };
  window_.add(residuals);

  constexpr unsigned brief = ResidualWindow::short_count;
  constexpr unsigned lasting = ResidualWindow::long_count;
  float features[TWINFLOW_FEATURES];
  features[TWINFLOW_FEATURE_TEMP_RESIDUAL] = residuals[temp];
  features[TWINFLOW_FEATURE_RPM_RESIDUAL] = residuals[rpm];
  features[TWINFLOW_FEATURE_CURRENT_RESIDUAL] = residuals[current];
  features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL] = residuals[vibration];
  features[TWINFLOW_FEATURE_TEMP_RESIDUAL_2S] = window_.mean(temp, brief);
  features[TWINFLOW_FEATURE_RPM_RESIDUAL_2S] = window_.mean(rpm, brief);
  features[TWINFLOW_FEATURE_CURRENT_RESIDUAL_2S] = window_.mean(current, brief);
  // Single knocks make a reading of vibration high: the median does not see them.
  features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL_2S] = window_.median(vibration, brief);
  features[TWINFLOW_FEATURE_TEMP_RESIDUAL_10S] = window_.mean(temp, lasting);
  features[TWINFLOW_FEATURE_RPM_RESIDUAL_10S] = window_.mean(rpm, lasting);
  features[TWINFLOW_FEATURE_CURRENT_RESIDUAL_10S] = window_.mean(current, lasting);
  features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL_10S] = window_.median(vibration, lasting);

  twinflow_sum sums[TWINFLOW_CLASSES];
  const uint8_t found = twinflow_classify(features, sums);
  fault_code_ = found == TWINFLOW_NOT_FINITE ? -1 : static_cast<int32_t>(twinflow_fault_code[found]);
  return fault_code_;
}

}  // namespace twinflow

#endif
