#include "mpu6050.h"

namespace twinflow {

namespace {

constexpr uint8_t who_am_i = 0x75;
constexpr uint8_t own_id = 0x68;
constexpr uint8_t power = 0x6b;
constexpr uint8_t awake = 0x00;
constexpr uint8_t filter = 0x1a;
constexpr uint8_t below_184_hz = 0x01;
constexpr uint8_t range = 0x1c;
constexpr uint8_t range_2_g = 0x00;
constexpr uint8_t data = 0x3b;
constexpr float g_per_bit = 1.0f / 16384.0f;

float acceleration_g(const uint8_t *bytes) { return static_cast<int16_t>(bytes[0] << 8 | bytes[1]) * g_per_bit; }

}  // namespace

bool Mpu6050::set_up() {
  return has_id(who_am_i, own_id) && write(power, awake) && write(filter, below_184_hz) && write(range, range_2_g);
}

bool Mpu6050::take_samples(VibrationRms &rms) {
  uint8_t bytes[6];
  if (!read_registers(data, bytes, sizeof bytes)) return false;
  rms.add(acceleration_g(bytes), acceleration_g(bytes + 2), acceleration_g(bytes + 4));
  return true;
}

}  // namespace twinflow
