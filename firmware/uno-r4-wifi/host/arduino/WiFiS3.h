// See Arduino.h beside this file.
#pragma once

#include <Arduino.h>

enum { WL_CONNECTED = 3 };

class ModemClass {
 public:
  void timeout(size_t timeout_ms);
};
extern ModemClass modem;

class CWifi {
 public:
  static const char *firmwareVersion();
  int begin(const char *name, const char *password);
  uint8_t status();
  void setTimeout(unsigned long timeout_ms);
};
extern CWifi WiFi;

class WiFiClient : public Stream {
 public:
  virtual int connect(const char *host, uint16_t port);
  size_t write(uint8_t) override;
  size_t write(const uint8_t *, size_t) override;
  int available() override;
  int read() override;
  virtual int read(uint8_t *, size_t);
  virtual void stop();
  virtual uint8_t connected();
  void setConnectionTimeout(int timeout_ms);
};

class WiFiUDP : public Stream {
 public:
  virtual uint8_t begin(uint16_t port);
  virtual int beginPacket(const char *host, uint16_t port);
  virtual int endPacket();
  size_t write(uint8_t) override;
  size_t write(const uint8_t *, size_t) override;
  virtual int parsePacket();
  int available() override;
  int read() override;
  virtual int read(unsigned char *, size_t);
};
