// Reads JSON as it comes, value by value, without memory of its own: for small messages from strangers.
//
// The caller says what is to come; what comes instead is an error with its place. After the first error every step fails. Nothing is
// recursive, nothing is copied but names and short texts.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace twinflow {

// A text as it is meant, escapes undone; longer ones are cut, and equal to nothing.
struct JsonText {
  static constexpr size_t capacity = 40;
  char letters[capacity];
  size_t size = 0;
  bool is_cut = false;

  bool is(const char *text) const;
};

struct JsonNumber {
  double value = 0.0;
  // A whole number without sign, fraction and exponent that fits into 32 bits.
  bool is_code = false;
  uint32_t code = 0;
};

class JsonReader {
 public:
  JsonReader(const char *text, size_t size) : at_(text), begin_(text), end_(text + size) {}

  bool begin_object();
  // The name of the next member. False at the object's end, which is taken, and on an error: failed() tells.
  bool next_member(JsonText &name);
  bool text(JsonText &text);
  bool number(JsonNumber &number);
  // Takes a null if one is there.
  bool null();
  // Nothing but blanks may be left.
  bool finish();

  bool failed() const { return error_ != nullptr; }
  // What is wrong, such as "expected a number"; nothing while all is well.
  const char *error() const { return error_; }
  // Where, counted in bytes from 1.
  size_t error_at() const { return error_at_; }

 private:
  static constexpr unsigned deepest = 4;

  bool fail(const char *error);
  void skip_blanks();
  bool take(char letter);
  bool digits(uint64_t &significand, int32_t &exponent, bool is_fraction);
  bool escape(JsonText &text);
  void append(JsonText &text, char letter);

  const char *at_;
  const char *begin_;
  const char *end_;
  const char *error_ = nullptr;
  size_t error_at_ = 0;
  unsigned depth_ = 0;
  bool is_first_[deepest] = {};
};

}  // namespace twinflow
