// Lets the model on the board judge simulated fans with random faults, and prints how often it is right.
//
//   edge_report SEED MINUTES
#include <cstdio>
#include <cstdlib>

#include "../src/edge/edge_model.h"
#include "../src/plant/fault_injector.h"

using namespace twinflow;

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: edge_report SEED MINUTES\n");
    return 2;
  }
  const uint64_t seed = strtoull(argv[1], nullptr, 10);
  const uint32_t readings = static_cast<uint32_t>(strtoul(argv[2], nullptr, 10)) * 60 * 5;
  // A fault needs some seconds to show, and some to fade.
  constexpr uint32_t settling = 10 * 5;
  Plant plant(seed, 22.0f);
  for (int step = 0; step < 1800; ++step) plant.step();
  FaultInjector injector(seed);
  EdgeModel edge;
  uint32_t since_change = 0;
  uint32_t judged[fault_classes] = {};
  uint32_t right[fault_classes] = {};
  for (uint32_t reading = 0; reading < readings; ++reading) {
    for (int step = 0; step < 2; ++step) {
      const Fault fault = injector.next_step();
      since_change = fault == plant.command().fault ? since_change : 0;
      plant.inject(fault);
      plant.step();
    }
    const int32_t said = edge.judge(plant.reading(), plant.command(), reading * 200);
    if (++since_change < settling) continue;
    const unsigned due = static_cast<unsigned>(plant.command().fault.fault_class);
    ++judged[due];
    if (said == static_cast<int32_t>(due)) ++right[due];
  }
  uint32_t all_judged = 0;
  uint32_t all_right = 0;
  for (unsigned code = 0; code < fault_classes; ++code) {
    all_judged += judged[code];
    all_right += right[code];
    printf("| %s | %.3f |\n", name_of(static_cast<FaultClass>(code)),
           judged[code] == 0 ? 0.0 : static_cast<double>(right[code]) / judged[code]);
  }
  printf("| all | %.3f |\n", all_judged == 0 ? 0.0 : static_cast<double>(all_right) / all_judged);
  return 0;
}
