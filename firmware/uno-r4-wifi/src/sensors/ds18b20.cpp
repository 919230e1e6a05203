#include "ds18b20.h"

namespace twinflow {

namespace {

constexpr uint8_t to_the_only_one = 0xcc;
constexpr uint8_t convert = 0x44;
constexpr uint8_t read_memory = 0xbe;
constexpr size_t memory_size = 9;
// At its 12 bits a conversion takes up to 750 ms.
constexpr uint32_t conversion_ms = 760;
constexpr float degrees_per_bit = 0.0625f;

// CRC-8 of Dallas/Maxim: x^8 + x^5 + x^4 + 1. Over bytes with their check it gives 0.
uint8_t check_of(const uint8_t *bytes, size_t size) {
  uint8_t check = 0;
  for (size_t at = 0; at < size; ++at) {
    check ^= bytes[at];
    for (int bit = 0; bit < 8; ++bit) check = static_cast<uint8_t>((check & 1) != 0 ? check >> 1 ^ 0x8c : check >> 1);
  }
  return check;
}

}  // namespace

void Ds18b20::poll(uint32_t now_ms) {
  if (was_tried_ && now_ms - began_ms_ < conversion_ms) return;
  if (is_converting_) has_value_ = take_result();
  is_converting_ = begin_conversion();
  has_value_ = has_value_ && is_converting_;
  was_tried_ = true;
  began_ms_ = now_ms;
}

bool Ds18b20::begin_conversion() {
  if (!buses_.one_wire_reset()) return false;
  buses_.one_wire_write(to_the_only_one);
  buses_.one_wire_write(convert);
  return true;
}

bool Ds18b20::take_result() {
  if (!buses_.one_wire_reset()) return false;
  buses_.one_wire_write(to_the_only_one);
  buses_.one_wire_write(read_memory);
  uint8_t memory[memory_size];
  uint8_t any = 0;
  for (uint8_t &byte : memory) {
    byte = buses_.one_wire_read();
    any |= byte;
  }
  // A wire that is shorted to ground reads as zeros, and zeros pass the check.
  if (any == 0 || check_of(memory, memory_size) != 0) return false;
  const int16_t sixteenths = static_cast<int16_t>(memory[1] << 8 | memory[0]);
  temp_c_ = static_cast<float>(sixteenths) * degrees_per_bit + offset_c_;
  return true;
}

bool Ds18b20::read(uint32_t, float &temp_c) {
  if (has_value_) temp_c = temp_c_;
  return has_value_;
}

}  // namespace twinflow
