// The whole program, from its command line to its exit.
#pragma once

namespace gelombang::sandbox {

// The exit code: 0 after SIGTERM or SIGINT, 104 when it cannot start.
int run_program(int argc, char** argv);

}  // namespace gelombang::sandbox
