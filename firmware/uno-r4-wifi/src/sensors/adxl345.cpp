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

float acceleration_g(const uint8_t *bytes) { return static_cast<int16_t>(bytes[1] << 8 | bytes[0]) * g_per_bit; }

}  // namespace

bool Adxl345::set_up() {
  return has_id(device_id, own_id) && write(rate, rate_400_hz) && write(format, full_resolution_2_g) &&
         write(memory, keep_the_newest) && write(power, measure);
}

bool Adxl345::take_samples(VibrationRms &rms) {
  uint8_t state = 0;
  if (!read_registers(memory_state, &state, 1)) return false;
  for (int left = state & 0x3f; left > 0; --left) {
    uint8_t bytes[6];
    if (!read_registers(data, bytes, sizeof bytes)) return false;
    rms.add(acceleration_g(bytes), acceleration_g(bytes + 2), acceleration_g(bytes + 4));
  }
  return true;
}

}  // namespace twinflow
