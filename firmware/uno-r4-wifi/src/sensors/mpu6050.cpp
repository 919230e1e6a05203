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
// It is asked as fast as the loop runs, but not twice for the same sample.
constexpr uint32_t poll_ms = 2;

float acceleration_g(const uint8_t *bytes) { return static_cast<int16_t>(bytes[0] << 8 | bytes[1]) * g_per_bit; }

}  // namespace

bool Mpu6050::set_up() {
  uint8_t id = 0;
  if (!buses_.read_registers(address_, who_am_i, &id, 1) || id != own_id) return false;
  return buses_.write_register(address_, power, &awake, 1) &&
         buses_.write_register(address_, filter, &below_184_hz, 1) &&
         buses_.write_register(address_, range, &range_2_g, 1);
}

void Mpu6050::poll(uint32_t now_ms) {
  if (now_ms - polled_ms_ < poll_ms) return;
  polled_ms_ = now_ms;
  if (!is_set_up_) is_set_up_ = set_up();
  if (!is_set_up_) return;
  uint8_t bytes[6];
  is_set_up_ = buses_.read_registers(address_, data, bytes, sizeof bytes);
  if (is_set_up_) rms_.add(acceleration_g(bytes), acceleration_g(bytes + 2), acceleration_g(bytes + 4));
}

bool Mpu6050::read(uint32_t, float &vibration_g) {
  // Two readings may lie so near to each other that there are no samples between them: the last value still holds then.
  has_value_ = rms_.take(vibration_g_) || (has_value_ && is_set_up_);
  if (has_value_) vibration_g = vibration_g_;
  return has_value_;
}

}  // namespace twinflow
