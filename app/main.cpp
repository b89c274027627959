#include "app/cli.hpp"

int main(int argc, char** argv) { return gelombang::run_command_line(argc, argv); }
