// The board's radio, console, lights and watchdog, by the libraries that come with the UNO R4 boards.
#pragma once

#include <Arduino_LED_Matrix.h>
#include <WiFiS3.h>

#include "../hal.h"

namespace twinflow {

struct WifiSettings {
  const char *name;
  const char *password;
};

class UnoHal final : public Hal {
 public:
  explicit UnoHal(const WifiSettings &wifi) : wifi_(wifi) {}

  void begin();

  uint32_t millis() override;
  uint32_t entropy() override;
  void feed_watchdog() override;
  void wifi_join() override;
  bool wifi_is_up() override;
  bool tcp_connect(const char *host, uint16_t port) override;
  bool tcp_write(const uint8_t *bytes, size_t size) override;
  int tcp_read(uint8_t *bytes, size_t capacity) override;
  void tcp_close() override;
  bool udp_send(const char *host, uint16_t port, const uint8_t *bytes, size_t size) override;
  int udp_receive(uint8_t *bytes, size_t capacity) override;
  int console_read() override;
  void console_write(const char *text, size_t size) override;
  void show(const uint32_t picture[3]) override;

 private:
  WifiSettings wifi_;
  WiFiClient tcp_;
  WiFiUDP udp_;
  ArduinoLEDMatrix lights_;
  bool is_udp_open_ = false;
  uint32_t read_ms_ = 0;
  uint32_t checked_ms_ = 0;
  uint32_t mixed_ = 0;
  uint32_t shown_[3] = {};
};

}  // namespace twinflow
