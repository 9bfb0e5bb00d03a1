/* The commands, each in a file of its name. */
#ifndef SY_CLI_COMMANDS_H
#define SY_CLI_COMMANDS_H

#include "cli/command.h"

extern const SyCommand sy_command_init;
extern const SyCommand sy_command_check;
extern const SyCommand sy_command_explain;
extern const SyCommand sy_command_next;
extern const SyCommand sy_command_backtest;
extern const SyCommand sy_command_simulate;
extern const SyCommand sy_command_tune;
extern const SyCommand sy_command_run_app;
extern const SyCommand sy_command_run_all;
extern const SyCommand sy_command_replay;
extern const SyCommand sy_command_why;
extern const SyCommand sy_command_logs;
extern const SyCommand sy_command_ps;
extern const SyCommand sy_command_runs;
extern const SyCommand sy_command_messages;
extern const SyCommand sy_command_trigger;
extern const SyCommand sy_command_pause;
extern const SyCommand sy_command_resume;
extern const SyCommand sy_command_audit_verify;
extern const SyCommand sy_command_backup;
extern const SyCommand sy_command_restore;
extern const SyCommand sy_command_copula_eval;
extern const SyCommand sy_command_copula;
extern const SyCommand sy_command_data_import;
extern const SyCommand sy_command_data_list;
extern const SyCommand sy_command_data_synth;
extern const SyCommand sy_command_doctor;
extern const SyCommand sy_command_completion;
extern const SyCommand sy_command_worker;

#endif
