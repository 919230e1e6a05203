// How far the four channels were from the twin over the last ten seconds: means and medians of the last 2 s and 10 s.
#pragma once

#include <stdint.h>

namespace twinflow {

constexpr unsigned residual_channels = 4;

class ResidualWindow {
 public:
  // At five readings a second.
  static constexpr unsigned short_count = 10;
  static constexpr unsigned long_count = 50;

  void add(const float residuals[residual_channels]);
  void clear() { count_ = 0; }
  // Of the last `count` residuals, or of all if there are fewer. Needs at least one.
  float mean(unsigned channel, unsigned count) const;
  float median(unsigned channel, unsigned count) const;

 private:
  unsigned available(unsigned count) const { return count_ < count ? count_ : count; }
  // The residual that came `back` before the last one.
  float at(unsigned channel, unsigned back) const;

  float residuals_[residual_channels][long_count];
  unsigned next_ = 0;
  unsigned count_ = 0;
};

}  // namespace twinflow
