#ifdef ARDUINO

#include "uno_hal.h"

#include <WDT.h>

#include <string.h>

namespace twinflow {

namespace {

// The longest that the chip can be told is 5.6 s.
constexpr uint32_t watchdog_ms = 5500;
// The radio is a second processor behind a serial line. How long one question to it may take: less than half of the watchdog's time, for
// joining asks two.
constexpr uint32_t radio_answer_ms = 2500;
constexpr int connect_ms = 2000;
// Each question costs milliseconds on that line.
constexpr uint32_t read_every_ms = 15;
constexpr uint32_t check_every_ms = 1000;
constexpr uint16_t own_udp_port = 2390;
constexpr int unconnected_pin = A3;

}  // namespace

void UnoHal::begin() {
  Serial.begin(115200);
  lights_.begin();
  // The noise of a pin that nothing hangs on.
  for (int sample = 0; sample < 64; ++sample) mixed_ = mixed_ * 31 + static_cast<uint32_t>(analogRead(unconnected_pin));
  Serial.print("radio with firmware ");
  Serial.println(WiFi.firmwareVersion());
  // Only now: the library's first question sets its own, longer time.
  modem.timeout(radio_answer_ms);
  // So that WiFi.begin() only asks and does not wait for the network.
  WiFi.setTimeout(0);
  tcp_.setConnectionTimeout(connect_ms);
  WDT.begin(watchdog_ms);
}

uint32_t UnoHal::millis() { return ::millis(); }

uint32_t UnoHal::entropy() {
  mixed_ = (mixed_ ^ micros()) * 2654435761u;
  mixed_ ^= static_cast<uint32_t>(analogRead(unconnected_pin)) << 7;
  return mixed_ ^ mixed_ >> 15;
}

void UnoHal::feed_watchdog() { WDT.refresh(); }

void UnoHal::wifi_join() {
  WDT.refresh();
  WiFi.begin(wifi_.name, wifi_.password[0] == '\0' ? nullptr : wifi_.password);
  WDT.refresh();
}

bool UnoHal::wifi_is_up() {
  const bool is_up = WiFi.status() == WL_CONNECTED;
  if (!is_up) is_udp_open_ = false;
  return is_up;
}

bool UnoHal::tcp_connect(const char *host, uint16_t port) {
  WDT.refresh();
  tcp_.stop();
  WDT.refresh();
  const bool is_connected = tcp_.connect(host, port) == 1;
  WDT.refresh();
  checked_ms_ = ::millis();
  return is_connected;
}

bool UnoHal::tcp_write(const uint8_t *bytes, size_t size) { return tcp_.write(bytes, size) == size; }

int UnoHal::tcp_read(uint8_t *bytes, size_t capacity) {
  const uint32_t now_ms = ::millis();
  if (now_ms - read_ms_ < read_every_ms) return 0;
  const int available = tcp_.available();
  if (available > 0) return tcp_.read(bytes, static_cast<size_t>(available) < capacity ? available : capacity);
  read_ms_ = now_ms;
  if (now_ms - checked_ms_ < check_every_ms) return 0;
  checked_ms_ = now_ms;
  return tcp_.connected() ? 0 : -1;
}

void UnoHal::tcp_close() { tcp_.stop(); }

bool UnoHal::udp_send(const char *host, uint16_t port, const uint8_t *bytes, size_t size) {
  WDT.refresh();
  if (!is_udp_open_) is_udp_open_ = udp_.begin(own_udp_port) == 1;
  if (!is_udp_open_ || udp_.beginPacket(host, port) != 1) return false;
  const bool is_written = udp_.write(bytes, size) == size;
  const bool is_sent = udp_.endPacket() == 1;
  WDT.refresh();
  return is_written && is_sent;
}

int UnoHal::udp_receive(uint8_t *bytes, size_t capacity) {
  if (udp_.parsePacket() <= 0) return 0;
  const int size = udp_.read(bytes, capacity);
  return size > 0 ? size : 0;
}

int UnoHal::console_read() { return Serial.available() > 0 ? Serial.read() : -1; }

void UnoHal::console_write(const char *text, size_t size) { Serial.write(text, size); }

void UnoHal::show(const uint32_t picture[3]) {
  if (memcmp(shown_, picture, sizeof shown_) == 0) return;
  memcpy(shown_, picture, sizeof shown_);
  lights_.loadFrame(shown_);
}

}  // namespace twinflow

#endif
