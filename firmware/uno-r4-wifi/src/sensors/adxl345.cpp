#include "adxl345.h"

namespace twinflow {

namespace {

constexpr uint8_t device_id = 0x00;
constexpr uint8_t own_id = 0xe5;
constexpr uint8_t rate = 0x2c;
constexpr uint8_t rate_400_hz = 0x0c;
constexpr uint8_t power = 0x2d;
constexpr uint8_t measure = 0x08;
constexpr uint8_t format = 0x31;
constexpr uint8_t full_resolution_2_g = 0x08;
constexpr uint8_t data = 0x32;
constexpr uint8_t memory = 0x38;
constexpr uint8_t keep_the_newest = 0x80;
constexpr uint8_t memory_state = 0x39;
constexpr float g_per_bit = 1.0f / 256.0f;
constexpr uint32_t poll_ms = 10;

float acceleration_g(const uint8_t *bytes) { return static_cast<int16_t>(bytes[1] << 8 | bytes[0]) * g_per_bit; }

}  // namespace

bool Adxl345::set_up() {
  uint8_t id = 0;
  if (!buses_.read_registers(address_, device_id, &id, 1) || id != own_id) return false;
  return buses_.write_register(address_, rate, &rate_400_hz, 1) &&
         buses_.write_register(address_, format, &full_resolution_2_g, 1) &&
         buses_.write_register(address_, memory, &keep_the_newest, 1) &&
         buses_.write_register(address_, power, &measure, 1);
}

void Adxl345::poll(uint32_t now_ms) {
  if (now_ms - polled_ms_ < poll_ms) return;
  polled_ms_ = now_ms;
  if (!is_set_up_) is_set_up_ = set_up();
  if (!is_set_up_) return;
  uint8_t state = 0;
  is_set_up_ = buses_.read_registers(address_, memory_state, &state, 1);
  for (int left = state & 0x3f; is_set_up_ && left > 0; --left) {
    uint8_t bytes[6];
    is_set_up_ = buses_.read_registers(address_, data, bytes, sizeof bytes);
    if (is_set_up_) rms_.add(acceleration_g(bytes), acceleration_g(bytes + 2), acceleration_g(bytes + 4));
  }
}

bool Adxl345::read(uint32_t, float &vibration_g) {
  // Two readings may lie so near to each other that there are no samples between them: the last value still holds then.
  has_value_ = rms_.take(vibration_g_) || (has_value_ && is_set_up_);
  if (has_value_) vibration_g = vibration_g_;
  return has_value_;
}

}  // namespace twinflow
