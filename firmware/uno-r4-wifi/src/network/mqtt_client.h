// A small MQTT 3.1.1 client: publishes at QoS 0, subscribes at QoS 1, with a last will. It never waits and needs no heap: two buffers
// of fixed size are all.
//
// Why it is our own: the usual libraries wait for the broker's answer for up to 15 s, which the board's watchdog (5.6 s at most) does not
// stand, and a test on a computer could not run them.
#pragma once

#include "../hal.h"

namespace twinflow {

struct MqttSettings {
  const char *client_id;
  // Nothing where the broker asks for none.
  const char *user = nullptr;
  const char *password = nullptr;
  // What the broker says for us, retained and at QoS 1, when we fall silent.
  const char *will_topic = nullptr;
  const char *will = nullptr;
  uint16_t keep_alive_s = 15;
};

class MqttListener {
 public:
  // `whole` is false if the message was too long for the buffer: then only its beginning is here.
  virtual void on_message(const char *payload, size_t size, bool whole) = 0;

 protected:
  ~MqttListener() = default;
};

class MqttClient {
 public:
  enum class State : uint8_t { closed, opening, open };

  MqttClient(Hal &hal, const MqttSettings &settings) : hal_(hal), settings_(settings) {}

  // Opens the connection, as far as goes without waiting; poll() does the rest.
  bool open(const char *host, uint16_t port, uint32_t now_ms);
  // Takes what came, gives messages on, keeps the connection alive.
  void poll(uint32_t now_ms, MqttListener &listener);
  bool subscribe(const char *topic);
  bool publish(const char *topic, const char *payload, size_t size, bool retained);
  void close(const char *why);

  State state() const { return state_; }
  // Why it was closed last, such as "the broker refuses user or password".
  const char *closed_because() const { return closed_because_; }

  static constexpr size_t buffer_size = 640;

 private:
  class Packet;

  bool send(const uint8_t *bytes, size_t size);
  void take(uint8_t byte, uint32_t now_ms, MqttListener &listener);
  void take_packet(uint32_t now_ms, MqttListener &listener);
  void take_message(MqttListener &listener);
  void take_connection_answer();
  void keep_alive(uint32_t now_ms);

  Hal &hal_;
  MqttSettings settings_;
  State state_ = State::closed;
  const char *closed_because_ = "";
  uint32_t opened_ms_ = 0;
  uint32_t pinged_ms_ = 0;
  bool awaits_pong_ = false;

  // The packet that is coming in: its first byte, its length as far as known, and how much of it came.
  enum class Part : uint8_t { kind, length, body };
  Part part_ = Part::kind;
  uint8_t kind_ = 0;
  uint32_t length_ = 0;
  unsigned length_bytes_ = 0;
  uint32_t received_ = 0;
  uint8_t in_[buffer_size];
  uint8_t out_[buffer_size];
};

}  // namespace twinflow
