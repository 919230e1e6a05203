// All that the sketch needs of the board's radio, clock and console. The board implements it with the Arduino libraries
// (src/board), the programs on a computer with sockets or with make-believe (host): what lies above is the same in both.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace twinflow {

class Hal {
 public:
  // Milliseconds since the start; begins again at 0 after 49.7 days.
  virtual uint32_t millis() = 0;
  // Bits that differ between boards and between starts.
  virtual uint32_t entropy() = 0;
  // Restarts the board if it is not called for some seconds. So no other function here may take that long.
  virtual void feed_watchdog() = 0;

  // Asks to join the network and returns at once.
  virtual void wifi_join() = 0;
  virtual bool wifi_is_up() = 0;

  // One TCP connection. A new one closes the old.
  virtual bool tcp_connect(const char *host, uint16_t port) = 0;
  // All of it or nothing; false means that the connection is lost.
  virtual bool tcp_write(const uint8_t *bytes, size_t size) = 0;
  // How many bytes came, 0 if none did, -1 when the connection is lost.
  virtual int tcp_read(uint8_t *bytes, size_t capacity) = 0;
  virtual void tcp_close() = 0;

  // Datagrams to one port of ours. What came from elsewhere is not sorted out.
  virtual bool udp_send(const char *host, uint16_t port, const uint8_t *bytes, size_t size) = 0;
  // How many bytes came, 0 if no datagram did.
  virtual int udp_receive(uint8_t *bytes, size_t capacity) = 0;

  // One byte of what was typed, -1 if nothing was.
  virtual int console_read() = 0;
  virtual void console_write(const char *text, size_t size) = 0;

  // Twelve columns and eight rows of lights; the first bit of the first word is the top left one.
  virtual void show(const uint32_t picture[3]) = 0;

 protected:
  ~Hal() = default;
};

}  // namespace twinflow
