#include "time_client.h"

#include <string.h>

namespace twinflow {

namespace {

constexpr uint16_t time_port = 123;
constexpr size_t packet_size = 48;
constexpr uint32_t patience_ms = 3000;
// The board's crystal is off by some milliseconds in this time.
constexpr uint32_t refresh_ms = 15u * 60u * 1000u;
// A slower answer tells the time too badly.
constexpr uint64_t longest_round_trip_ms = 2000;

constexpr size_t at_originate = 24;
constexpr size_t at_transmit = 40;
constexpr uint64_t seconds_1900_to_1970 = 2208988800ull;

uint32_t big_endian(const uint8_t *bytes) {
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

}  // namespace

void TimeClient::poll(uint32_t now_ms) {
  if (is_asking_) {
    take_answer();
    if (!is_asking_) {
      was_answered_ = true;
      answered_ms_ = now_ms;
      backoff_.succeeded();
    } else if (now_ms - asked_ms_ >= patience_ms) {
      is_asking_ = false;
      backoff_.failed(now_ms, hal_.entropy());
    }
    return;
  }
  const bool is_fresh = was_answered_ && now_ms - answered_ms_ < refresh_ms;
  if (!is_fresh && backoff_.is_due(now_ms)) ask(now_ms);
}

void TimeClient::ask(uint32_t now_ms) {
  uint8_t packet[packet_size] = {};
  // No leap warning, version 4, client.
  packet[0] = 4 << 3 | 3;
  // The server gives our transmit time back as it is: a random number there tells its answer from any other.
  question_ = hal_.entropy();
  memcpy(packet + at_transmit, &question_, sizeof question_);
  asked_ms_ = now_ms;
  asked_uptime_ms_ = clock_.uptime_ms();
  if (hal_.udp_send(server_, time_port, packet, sizeof packet)) {
    is_asking_ = true;
  } else {
    backoff_.failed(now_ms, hal_.entropy());
  }
}

void TimeClient::take_answer() {
  uint8_t packet[packet_size];
  const int size = hal_.udp_receive(packet, sizeof packet);
  if (size < static_cast<int>(packet_size)) return;
  const bool is_from_server = (packet[0] & 7) == 4;
  const bool is_unsynchronised = packet[0] >> 6 == 3 || packet[1] == 0 || packet[1] > 15;
  const bool is_ours = memcmp(packet + at_originate, &question_, sizeof question_) == 0;
  const uint64_t round_trip_ms = clock_.uptime_ms() - asked_uptime_ms_;
  if (!is_from_server || is_unsynchronised || !is_ours || round_trip_ms > longest_round_trip_ms) return;
  uint64_t seconds = big_endian(packet + at_transmit);
  // The count began again at 0 in 2036.
  if (seconds < 0x80000000ull) seconds += 1ull << 32;
  const uint64_t fraction_ms = static_cast<uint64_t>(big_endian(packet + at_transmit + 4)) * 1000 >> 32;
  const uint64_t sent_unix_ms = (seconds - seconds_1900_to_1970) * 1000 + fraction_ms;
  clock_.set(sent_unix_ms + round_trip_ms / 2, clock_.uptime_ms());
  is_asking_ = false;
}

}  // namespace twinflow
