/* systematica: every command by its name. */
#include "cli/command.h"

int main(int argc, char **argv) { return sy_cli_main(NULL, argc, argv); }
