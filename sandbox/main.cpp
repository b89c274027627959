#include "sandbox/program.hpp"

int main(int argc, char** argv) { return gelombang::sandbox::run_program(argc, argv); }
