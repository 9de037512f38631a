// How the tool ends. Scripts rely on these numbers.
#pragma once

namespace pleach::cli {

enum class ExitCode {
  Done = 0,
  InputWrong = 1,     // the input is wrong or a check failed; diagnostics on stderr
  Usage = 2,          // the command line is wrong
  MachineFailed = 3,  // the disk is full, memory ran out, a rank got stuck, …
  OurBug = 70,
  Interrupted = 130,
};

}  // namespace pleach::cli
