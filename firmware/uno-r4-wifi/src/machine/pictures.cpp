#include "pictures.h"

namespace twinflow {

namespace {

constexpr int columns = 12;
constexpr int rows = 8;

// Drawings are easier to read than numbers: a hash is a light.
constexpr Picture drawn(const char (&lights)[rows * columns + 1]) {
  Picture picture = {{0, 0, 0}};
  for (int at = 0; at < rows * columns; ++at) {
    if (lights[at] == '#') picture.words[at / 32] |= 0x80000000u >> (at % 32);
  }
  return picture;
}

// The waves of a radio.
constexpr Picture no_wifi = drawn(
    "...######..."
    ".##......##."
    "#...####...#"
    "..##....##.."
    "....####...."
    "...#....#..."
    ".....##....."
    ".....##.....");

// A plug that is out.
constexpr Picture no_broker = drawn(
    "............"
    "...##......."
    "...###......"
    "####...##.##"
    "####...##.##"
    "...###......"
    "...##......."
    "............");

// A fan.
constexpr Picture running = drawn(
    "....##......"
    "....###....."
    "....##...##."
    "..####.####."
    ".####.####.."
    ".##...##...."
    ".....###...."
    "......##....");

// An exclamation mark.
constexpr Picture fault = drawn(
    ".....##....."
    ".....##....."
    ".....##....."
    ".....##....."
    ".....##....."
    "............"
    ".....##....."
    ".....##.....");

// A question mark.
constexpr Picture sensor_silent = drawn(
    "....####...."
    "...#....#..."
    "........#..."
    "......##...."
    ".....#......"
    "............"
    ".....#......"
    "............");

// The last light of all.
constexpr uint32_t heart = 1;

constexpr Picture of(Sight sight) {
  switch (sight) {
    case Sight::no_wifi: return no_wifi;
    case Sight::no_broker: return no_broker;
    case Sight::running: return running;
    case Sight::fault: return fault;
    case Sight::sensor_silent: break;
  }
  return sensor_silent;
}

}  // namespace

Picture picture_of(Sight sight, bool beat) {
  Picture picture = of(sight);
  if (beat) picture.words[2] |= heart;
  return picture;
}

}  // namespace twinflow
