/* The table of commands, in the order in which help shows them. */
#include "cli/commands.h"

const SyCommand *const sy_commands[] = {
    &sy_command_init,         &sy_command_check,       &sy_command_explain, &sy_command_next,
    &sy_command_backtest,     &sy_command_simulate,    &sy_command_tune,    &sy_command_run_app,
    &sy_command_run_all,      &sy_command_ps,          &sy_command_runs,    &sy_command_messages,
    &sy_command_logs,         &sy_command_trigger,     &sy_command_pause,   &sy_command_resume,
    &sy_command_audit_verify, &sy_command_backup,      &sy_command_restore, &sy_command_replay,
    &sy_command_why,          &sy_command_copula_eval, &sy_command_copula,  &sy_command_data_import,
    &sy_command_data_list,    &sy_command_data_synth,  &sy_command_doctor,  &sy_command_completion,
};
const gsize sy_n_commands = G_N_ELEMENTS(sy_commands);

const SyCommand *const sy_inner_commands[] = {&sy_command_worker};
const gsize sy_n_inner_commands = G_N_ELEMENTS(sy_inner_commands);
