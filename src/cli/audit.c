/* systematica audit verify: is the history of this workspace whole? */
#include <stdio.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/data.h"
#include "cli/studies.h"
#include "store/events.h"

typedef struct {
    SyCommonOptions common;
} Options;

static const SyField fields[] = {SY_OPTION_WORKSPACE(Options), SY_OPTION_JSON(Options),
                                 SY_OPTION_HELP(Options)};
static const SyFieldTable options_table = SY_FIELD_TABLE(Options, fields);

static void show(const SyAudit *audit, bool json) {
    if (json)
        sy_data_print_json(
            json_pack("{s:b, s:I, s:I, s:I, s:o, s:o}", "whole", audit->whole, "first",
                      (json_int_t)audit->first, "last", (json_int_t)audit->last, "checked",
                      (json_int_t)audit->checked, "broken_at",
                      audit->whole ? json_null() : json_integer(audit->broken_at), "reason",
                      audit->whole ? json_null() : json_string(audit->reason)));
    else if (audit->whole)
        printf("whole: %" G_GINT64_FORMAT " events, %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT "\n",
               audit->checked, audit->first, audit->last);
}

static bool verify(const SySession *session, gconstpointer data, char **arguments, GError **error) {
    (void)data;
    (void)arguments;
    SyAudit audit;
    g_autoptr(SyStore) store = sy_studies_open_store(session, error);
    if (!store || !sy_store_verify(store, &audit, error))
        return false;
    show(&audit, session->options->json);
    bool whole = audit.whole ||
                 sy_fail(error, SY_ERROR_FAILED,
                         "the audit chain is broken at event %" G_GINT64_FORMAT
                         ": %s. What happened before it stands; keep this store, and compare it "
                         "with a backup",
                         audit.broken_at, audit.reason);
    sy_audit_clear(&audit);
    return whole;
}

const SyCommand sy_command_audit_verify = {
    .name = "audit verify",
    .arguments = "",
    .summary = "Check the chain of events: that none was changed, removed or put in.",
    .details =
        "Every change of state is an event that carries the hash of the one before it. Events "
        "that retention\nremoved are stood for by a checkpoint.",
    .options = &options_table,
    .run_within = verify,
};
