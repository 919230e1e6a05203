// The part of Arduino's interface that the sketch uses, declared as the core for the UNO R4 (1.5.x) declares it: so a computer can check
// that the board's files compile. Nothing here does anything.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define INPUT_PULLUP 2
#define FALLING 2
#define A0 14
#define A1 15
#define A3 17
#define digitalPinToInterrupt(pin) (pin)
// The core has these as macros, too: names of ours must get along with them.
#define PI 3.1415926535897932384626433832795
#define HIGH 1
#define LOW 0
#define DEFAULT 1
#define bit(b) (1UL << (b))
#define sq(x) ((x) * (x))
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
#define word(...) makeWord(__VA_ARGS__)
#define F(text) (text)

typedef bool boolean;
typedef uint8_t byte;

unsigned long millis();
unsigned long micros();
int analogRead(int pin);
void analogReadResolution(int bits);
void pinMode(int pin, int mode);
void attachInterrupt(int interrupt, void (*handler)(), int mode);

class Print {
 public:
  virtual size_t write(uint8_t) = 0;
  virtual size_t write(const uint8_t *, size_t) = 0;
  size_t write(const char *, size_t);
  size_t print(const char *);
  size_t println(const char *);
};

class Stream : public Print {
 public:
  virtual int available() = 0;
  virtual int read() = 0;
};

class UART : public Stream {
 public:
  void begin(unsigned long);
  size_t write(uint8_t) override;
  size_t write(const uint8_t *, size_t) override;
  using Print::write;
  int available() override;
  int read() override;
};

extern UART Serial;
