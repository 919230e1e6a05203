// Include this before anything else in a file whose figures must be the same bits as those of the Rust model.
//
// A fused multiply-add rounds once where two operations round twice. The Cortex-M4 has one, GCC uses it by default, and the
// Arduino IDE has no switch for it: so it is switched off here.
#pragma once

#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif
