#include "residual_window.h"

namespace twinflow {

void ResidualWindow::add(const float residuals[residual_channels]) {
  for (unsigned channel = 0; channel < residual_channels; ++channel) residuals_[channel][next_] = residuals[channel];
  next_ = (next_ + 1) % long_count;
  if (count_ < long_count) ++count_;
}

float ResidualWindow::at(unsigned channel, unsigned back) const {
  return residuals_[channel][(next_ + long_count - 1 - back) % long_count];
}

float ResidualWindow::mean(unsigned channel, unsigned count) const {
  const unsigned taken = available(count);
  float sum = 0.0f;
  for (unsigned back = 0; back < taken; ++back) sum += at(channel, back);
  return sum / static_cast<float>(taken);
}

float ResidualWindow::median(unsigned channel, unsigned count) const {
  const unsigned taken = available(count);
  float sorted[long_count];
  for (unsigned back = 0; back < taken; ++back) {
    // Insertion: fifty values at five times a second are no work.
    const float value = at(channel, back);
    unsigned place = back;
    for (; place > 0 && sorted[place - 1] > value; --place) sorted[place] = sorted[place - 1];
    sorted[place] = value;
  }
  const unsigned middle = taken / 2;
  return taken % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0f;
}

}  // namespace twinflow
