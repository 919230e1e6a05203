// The little that a test program needs: named checks, and a loud end where one fails.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <unistd.h>

// A check that hangs fails: no machine is so slow.
constexpr unsigned longest_check_s = 300;

#define CHECK(condition)                                                                 \
  do {                                                                                   \
    if (!(condition)) {                                                                  \
      fprintf(stderr, "%s:%d: this does not hold: %s\n", __FILE__, __LINE__, #condition); \
      exit(1);                                                                           \
    }                                                                                    \
  } while (false)

#define CHECK_TEXT(text, part)                                                                           \
  do {                                                                                                   \
    if (strstr(text, part) == nullptr) {                                                                 \
      fprintf(stderr, "%s:%d: `%s` is not in:\n%s\n", __FILE__, __LINE__, static_cast<const char *>(part), text); \
      exit(1);                                                                                           \
    }                                                                                                    \
  } while (false)

struct NamedCheck {
  const char *name;
  void (*run)();
};

// Runs the check that the first argument names; without one lists all names.
inline int run_checks(int argc, char **argv, const NamedCheck *checks, size_t count) {
  alarm(longest_check_s);
  for (size_t at = 0; at < count; ++at) {
    if (argc < 2) {
      printf("%s\n", checks[at].name);
    } else if (strcmp(argv[1], checks[at].name) == 0) {
      checks[at].run();
      return 0;
    }
  }
  if (argc < 2) return 0;
  fprintf(stderr, "there is no check `%s`\n", argv[1]);
  return 1;
}
