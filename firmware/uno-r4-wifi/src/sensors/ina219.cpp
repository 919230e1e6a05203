#include "ina219.h"

namespace twinflow {

namespace {

constexpr uint8_t configuration = 0x00;
constexpr uint8_t shunt_voltage = 0x01;
// 32 V on the bus, +-320 mV on the shunt, 12 bits, without end: as it wakes up, said again.
constexpr uint8_t usual[] = {0x39, 0x9f};
constexpr float v_per_bit = 10e-6f;
constexpr uint32_t poll_ms = 20;

}  // namespace

void Ina219::poll(uint32_t now_ms) {
  if (now_ms - polled_ms_ < poll_ms) return;
  polled_ms_ = now_ms;
  if (!is_set_up_) is_set_up_ = buses_.write_register(address_, configuration, usual, sizeof usual);
  if (!is_set_up_) return;
  uint8_t bytes[2];
  if (!buses_.read_registers(address_, shunt_voltage, bytes, sizeof bytes)) {
    // It lost its supply, perhaps, and then its settings, too.
    is_set_up_ = false;
    return;
  }
  const int16_t steps = static_cast<int16_t>(bytes[0] << 8 | bytes[1]);
  sum_a_ += static_cast<float>(steps) * v_per_bit / shunt_ohm_;
  ++samples_;
}

bool Ina219::read(uint32_t, float &current_a) {
  if (samples_ == 0) return false;
  const float mean_a = sum_a_ / static_cast<float>(samples_);
  sum_a_ = 0.0f;
  samples_ = 0;
  current_a = mean_a < 0.0f ? -mean_a : mean_a;
  return true;
}

}  // namespace twinflow
