/* run_app: the command of that name as a program of its own, as the reference has it. */
#include "cli/command.h"

int main(int argc, char **argv) { return sy_cli_main("run_app", argc, argv); }
