// The fault model on the board: what it is asked, and what of its answer is published.
#include <algorithm>
#include <cmath>
#include <vector>

#include "../src/machine/machine.h"
#include "checks.h"
#include "example_model.h"
#include "fake_hal.h"

using namespace twinflow;

namespace {

bool near(float value, double due) { return std::fabs(value - due) <= 1e-4 * (1.0 + std::fabs(due)); }

// The last `count` values of a list.
std::vector<float> last(const std::vector<float> &all, size_t count) {
  return {all.end() - static_cast<long>(std::min(count, all.size())), all.end()};
}

double mean(const std::vector<float> &values) {
  double sum = 0.0;
  for (const float value : values) sum += static_cast<double>(value);
  return sum / static_cast<double>(values.size());
}

double median(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle]
                                : (static_cast<double>(values[middle - 1]) + static_cast<double>(values[middle])) / 2.0;
}

void asks_for_means_and_medians() {
  Plant plant(11, 22.0f);
  for (int step = 0; step < 1800; ++step) plant.step();
  EdgeModel edge;
  Twin twin;
  std::vector<float> residuals[4];
  uint32_t now_ms = 0u - 40000u;
  CHECK(example_features[TWINFLOW_FEATURE_TEMP_RESIDUAL_2S] == 0.0f);
  for (int reading = 0; reading < 600; ++reading) {
    if (reading == 300) plant.inject(fault_of(FaultClass::imbalance, 0.9f));
    plant.step();
    plant.step();
    const Reading measured = plant.reading();
    edge.judge(measured, plant.command(), now_ms);
    const Reading expected = twin.follow(measured, TwinInputs(), reading == 0 ? 0.0f : 200.0f * 0.001f);
    const float now[] = {measured.temp_c - expected.temp_c, measured.rpm - expected.rpm,
                         measured.current_a - expected.current_a, measured.vibration_g - expected.vibration_g};
    for (int channel = 0; channel < 4; ++channel) residuals[channel].push_back(now[channel]);
    now_ms += 200;

    CHECK(example_features[TWINFLOW_FEATURE_TEMP_RESIDUAL] == now[0]);
    CHECK(example_features[TWINFLOW_FEATURE_RPM_RESIDUAL] == now[1]);
    CHECK(example_features[TWINFLOW_FEATURE_CURRENT_RESIDUAL] == now[2]);
    CHECK(example_features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL] == now[3]);
    CHECK(near(example_features[TWINFLOW_FEATURE_TEMP_RESIDUAL_2S], mean(last(residuals[0], 10))));
    CHECK(near(example_features[TWINFLOW_FEATURE_RPM_RESIDUAL_2S], mean(last(residuals[1], 10))));
    CHECK(near(example_features[TWINFLOW_FEATURE_CURRENT_RESIDUAL_2S], mean(last(residuals[2], 10))));
    CHECK(near(example_features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL_2S], median(last(residuals[3], 10))));
    CHECK(near(example_features[TWINFLOW_FEATURE_TEMP_RESIDUAL_10S], mean(last(residuals[0], 50))));
    CHECK(near(example_features[TWINFLOW_FEATURE_RPM_RESIDUAL_10S], mean(last(residuals[1], 50))));
    CHECK(near(example_features[TWINFLOW_FEATURE_CURRENT_RESIDUAL_10S], mean(last(residuals[2], 50))));
    CHECK(near(example_features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL_10S], median(last(residuals[3], 50))));
  }
  CHECK(example_features[TWINFLOW_FEATURE_VIBRATION_RESIDUAL_10S] > 0.01f);
}

void publishes_what_the_model_says() {
  static FakeHal hal;
  static Machine machine(hal, SensorSet(),
                         {"fan-1", "data", "answer", "time.example",
                          {"broker.example", 1883, "command", "status", {"fan-1"}}, 7, 22.0f, 20.0f, false});
  machine.setup();
  const auto run = [&](int seconds) {
    for (int loop = 0; loop < seconds * 100; ++loop) {
      hal.now_ms += 10;
      machine.loop();
    }
  };
  run(30);
  CHECK_TEXT(hal.on("data").payload, "\"edge_fault_code\":0}");
  const char command[] = "{\"fault\":{\"class\":\"overcurrent\",\"severity\":0.9}}";
  hal.deliver("command", command, strlen(command), 1);
  run(10);
  CHECK_TEXT(hal.on("data").payload, "\"edge_fault_code\":1}");
}

constexpr NamedCheck checks[] = {
    {"asks_for_means_and_medians", asks_for_means_and_medians},
    {"publishes_what_the_model_says", publishes_what_the_model_says},
};

}  // namespace

int main(int argc, char **argv) { return run_checks(argc, argv, checks, sizeof checks / sizeof checks[0]); }
