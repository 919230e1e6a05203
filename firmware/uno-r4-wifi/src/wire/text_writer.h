// Text into a buffer of fixed size. What does not fit is noticed, never written.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace twinflow {

class TextWriter {
 public:
  // The text always ends with a zero byte, for which one byte of the capacity is kept.
  TextWriter(char *buffer, size_t capacity);
  // Two writers of one buffer would undo each other's work.
  TextWriter(const TextWriter &) = delete;
  TextWriter &operator=(const TextWriter &) = delete;

  TextWriter &text(const char *text);
  // Foreign text: what is not printable ASCII, or would end a JSON string, becomes a question mark.
  TextWriter &foreign(const char *text, size_t size);
  // As the content of a JSON string, with quotation marks and backslashes escaped.
  TextWriter &json_string(const char *text);
  TextWriter &whole(uint64_t value);
  // Rounded half away from zero to that many digits (at most 6) behind the point; trailing zeros stay away, but for one.
  TextWriter &decimal(float value, unsigned digits);

  void clear();
  bool is_whole() const { return !overflowed_; }
  size_t size() const { return size_; }
  const char *c_str() const { return buffer_; }

 private:
  void put(char letter);

  char *buffer_;
  size_t capacity_;
  size_t size_ = 0;
  bool overflowed_ = false;
};

}  // namespace twinflow
