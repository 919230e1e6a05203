#include "mqtt_client.h"

#include <string.h>

namespace twinflow {

namespace {

// Packet types of MQTT 3.1.1 with the flags that go with them.
constexpr uint8_t connect = 0x10;
constexpr uint8_t connection_answer = 0x20;
constexpr uint8_t message = 0x30;
constexpr uint8_t message_answer = 0x40;
constexpr uint8_t subscribe_request = 0x82;
constexpr uint8_t subscribe_answer = 0x90;
constexpr uint8_t ping = 0xc0;
constexpr uint8_t pong = 0xd0;

constexpr uint32_t patience_ms = 5000;
// Longer packets no broker sends to a client that asked for commands: it is no MQTT.
constexpr uint32_t longest_packet = 64u * 1024u;
constexpr uint16_t subscription_id = 1;

const char *refusal(uint8_t code) {
  switch (code) {
    case 1: return "the broker does not know MQTT 3.1.1";
    case 2: return "the broker refuses the client id";
    case 3: return "the broker is not available";
    case 4: return "the broker refuses user or password";
    case 5: return "the broker does not allow this client";
    default: return "the broker refuses, with an unknown reason";
  }
}

}  // namespace

// Builds a packet in the buffer. Room for the longest head that is needed is kept before the body.
class MqttClient::Packet {
 public:
  Packet(uint8_t *buffer, uint8_t kind) : buffer_(buffer) { buffer_[0] = kind; }

  void byte(uint8_t value) {
    if (end_ < buffer_size) {
      buffer_[end_++] = value;
    } else {
      fits_ = false;
    }
  }

  void number(size_t value) {
    byte(static_cast<uint8_t>(value >> 8));
    byte(static_cast<uint8_t>(value));
  }

  void bytes(const char *bytes, size_t size) {
    if (size > buffer_size - end_) {
      fits_ = false;
      return;
    }
    memcpy(buffer_ + end_, bytes, size);
    end_ += size;
  }

  void text(const char *text) {
    const size_t size = strlen(text);
    number(size);
    bytes(text, size);
  }

  // Writes the length. Two bytes hold those of all packets that fit.
  bool finish() {
    const size_t length = end_ - head;
    buffer_[1] = static_cast<uint8_t>(length % 128 | 0x80);
    buffer_[2] = static_cast<uint8_t>(length / 128);
    return fits_;
  }

  size_t size() const { return end_; }

 private:
  static constexpr size_t head = 3;

  uint8_t *buffer_;
  size_t end_ = head;
  bool fits_ = true;
};

bool MqttClient::open(const char *host, uint16_t port, uint32_t now_ms) {
  close("");
  if (!hal_.tcp_connect(host, port)) {
    closed_because_ = "the broker does not answer";
    return false;
  }
  state_ = State::opening;
  opened_ms_ = now_ms;
  part_ = Part::kind;
  awaits_pong_ = false;

  uint8_t flags = 0x02;  // a clean session
  if (settings_.will_topic != nullptr) flags |= 0x04 | 0x08 | 0x20;
  if (settings_.user != nullptr) flags |= 0x80;
  if (settings_.user != nullptr && settings_.password != nullptr) flags |= 0x40;
  Packet packet(out_, connect);
  packet.text("MQTT");
  packet.byte(4);
  packet.byte(flags);
  packet.number(settings_.keep_alive_s);
  packet.text(settings_.client_id);
  if (settings_.will_topic != nullptr) {
    packet.text(settings_.will_topic);
    packet.text(settings_.will);
  }
  if (settings_.user != nullptr) packet.text(settings_.user);
  if (settings_.user != nullptr && settings_.password != nullptr) packet.text(settings_.password);
  if (!packet.finish()) {
    close("client id, user, password and will are too long together");
    return false;
  }
  return send(out_, packet.size());
}

void MqttClient::close(const char *why) {
  if (state_ == State::closed) return;
  // Without a goodbye, at which the broker would keep the last will to itself: until we are back, we are offline.
  hal_.tcp_close();
  state_ = State::closed;
  closed_because_ = why;
}

bool MqttClient::send(const uint8_t *bytes, size_t size) {
  if (hal_.tcp_write(bytes, size)) return true;
  close("the connection broke while sending");
  return false;
}

bool MqttClient::subscribe(const char *topic) {
  if (state_ != State::open) return false;
  Packet packet(out_, subscribe_request);
  packet.number(subscription_id);
  packet.text(topic);
  packet.byte(1);
  return packet.finish() && send(out_, packet.size());
}

bool MqttClient::publish(const char *topic, const char *payload, size_t size, bool retained) {
  if (state_ != State::open) return false;
  Packet packet(out_, static_cast<uint8_t>(message | (retained ? 1 : 0)));
  packet.text(topic);
  packet.bytes(payload, size);
  return packet.finish() && send(out_, packet.size());
}

void MqttClient::poll(uint32_t now_ms, MqttListener &listener) {
  uint8_t chunk[64];
  // A flood of bytes must not keep the readings waiting: the rest is taken next time.
  for (int chunks = 0; chunks < 32 && state_ != State::closed; ++chunks) {
    const int count = hal_.tcp_read(chunk, sizeof chunk);
    if (count < 0) close("the broker closed the connection");
    if (count <= 0) break;
    for (int at = 0; at < count && state_ != State::closed; ++at) take(chunk[at], now_ms, listener);
  }
  if (state_ == State::opening && now_ms - opened_ms_ >= patience_ms) close("the broker does not answer");
  if (state_ == State::open) keep_alive(now_ms);
}

void MqttClient::keep_alive(uint32_t now_ms) {
  if (awaits_pong_ && now_ms - pinged_ms_ >= patience_ms) {
    close("the broker does not answer");
    return;
  }
  // Readings alone would keep the broker content; only an answer tells us that it is still there.
  const uint32_t quiet_ms = settings_.keep_alive_s * 1000u / 2u;
  if (!awaits_pong_ && now_ms - pinged_ms_ >= quiet_ms) {
    const uint8_t packet[] = {ping, 0};
    awaits_pong_ = true;
    pinged_ms_ = now_ms;
    send(packet, sizeof packet);
  }
}

void MqttClient::take(uint8_t byte, uint32_t now_ms, MqttListener &listener) {
  switch (part_) {
    case Part::kind:
      kind_ = byte;
      length_ = 0;
      length_bytes_ = 0;
      received_ = 0;
      part_ = Part::length;
      return;
    case Part::length:
      length_ |= static_cast<uint32_t>(byte & 0x7f) << (7 * length_bytes_);
      ++length_bytes_;
      if ((byte & 0x80) != 0 && length_bytes_ == 4) return close("what the broker sends is no MQTT");
      if ((byte & 0x80) != 0) return;
      if (length_ > longest_packet) return close("what the broker sends is no MQTT");
      part_ = Part::body;
      break;
    case Part::body:
      // What does not fit is counted, and lost.
      if (received_ < buffer_size) in_[received_] = byte;
      ++received_;
      break;
  }
  if (received_ == length_) {
    part_ = Part::kind;
    take_packet(now_ms, listener);
  }
}

void MqttClient::take_packet(uint32_t now_ms, MqttListener &listener) {
  const uint8_t kind = kind_ & 0xf0;
  if (state_ == State::opening) {
    if (kind == connection_answer && length_ == 2) {
      take_connection_answer();
      pinged_ms_ = now_ms;
    } else {
      close("what the broker sends is no MQTT");
    }
    return;
  }
  if (kind == message) {
    take_message(listener);
  } else if (kind == pong) {
    awaits_pong_ = false;
  } else if (kind == subscribe_answer) {
    if (length_ != 3 || in_[2] > 1) close("the broker does not let us have the commands");
  } else {
    close("what the broker sends is no MQTT");
  }
}

void MqttClient::take_connection_answer() {
  if (in_[1] != 0) {
    close(refusal(in_[1]));
  } else {
    state_ = State::open;
    closed_because_ = "";
  }
}

void MqttClient::take_message(MqttListener &listener) {
  const unsigned qos = kind_ >> 1 & 3;
  const size_t stored = length_ < buffer_size ? length_ : buffer_size;
  const size_t topic_size = stored < 2 ? 0 : static_cast<size_t>(in_[0]) << 8 | in_[1];
  const size_t head = 2 + topic_size + (qos > 0 ? 2 : 0);
  // There is one subscription, at QoS 1: the topic is known.
  if (stored < head || qos > 1) return close("what the broker sends is no MQTT");
  const uint8_t answer[] = {message_answer, 2, in_[head - 2], in_[head - 1]};
  listener.on_message(reinterpret_cast<const char *>(in_ + head), stored - head, stored == length_);
  if (qos == 0 || state_ != State::open) return;
  send(answer, sizeof answer);
}

}  // namespace twinflow
