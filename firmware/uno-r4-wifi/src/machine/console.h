// Commands that are typed: the same as come over MQTT, as JSON or in plain words.
#pragma once

#include "../wire/text_writer.h"

namespace twinflow {

// Collects a line as it is typed. What is longer than the buffer is refused as a whole.
class ConsoleLine {
 public:
  static constexpr size_t capacity = 200;

  // True when the byte ends a line: then it is here until the next byte.
  bool take(char letter);
  const char *text() const { return letters_; }
  size_t size() const { return size_; }
  bool was_too_long() const { return was_too_long_; }

 private:
  char letters_[capacity + 1] = {};
  size_t size_ = 0;
  bool is_over_ = false;
  bool was_too_long_ = false;
};

// Makes JSON of a line of words, such as `speed 60` or `fault imbalance 0.6`. False with the reason if it cannot.
bool json_of_words(const char *line, size_t size, TextWriter &json, TextWriter &reason);

// What can be typed.
extern const char console_help[];

}  // namespace twinflow
