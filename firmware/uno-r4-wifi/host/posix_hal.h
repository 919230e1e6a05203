// A computer in place of the board: sockets instead of the radio, the terminal instead of the serial line.
#pragma once

#include "../src/hal.h"

namespace twinflow {

class PosixHal : public Hal {
 public:
  PosixHal();
  ~PosixHal();

  // Waits until something can be read, or for `longest_ms`.
  void wait(uint32_t longest_ms);
  // Whether the console has ended: nobody is there any more.
  bool has_ended() const { return has_ended_; }

  uint32_t millis() override;
  uint32_t entropy() override;
  void feed_watchdog() override {}
  void wifi_join() override {}
  bool wifi_is_up() override { return true; }
  bool tcp_connect(const char *host, uint16_t port) override;
  bool tcp_write(const uint8_t *bytes, size_t size) override;
  int tcp_read(uint8_t *bytes, size_t capacity) override;
  void tcp_close() override;
  bool udp_send(const char *host, uint16_t port, const uint8_t *bytes, size_t size) override;
  int udp_receive(uint8_t *bytes, size_t capacity) override;
  int console_read() override;
  void console_write(const char *text, size_t size) override;
  void show(const uint32_t *) override {}

 private:
  int tcp_ = -1;
  uint8_t time_answer_[48] = {};
  bool is_time_asked_ = false;
  bool has_ended_ = false;
};

}  // namespace twinflow
