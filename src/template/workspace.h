/* Workspaces: a folder with .workflow/ in it: templates/, settings.toml, logs/, reports/. */
#ifndef SY_TEMPLATE_WORKSPACE_H
#define SY_TEMPLATE_WORKSPACE_H

#include <glib.h>
#include <stdbool.h>

/* The nearest folder from `start` upwards that holds .workflow/, absolute; NULL where there is
 * none. Free with g_free. */
char *sy_workspace_find(const char *start);

/* FOLDER/.workflow/NAME. Free with g_free. */
char *sy_workspace_path(const char *folder, const char *name);

/* What sy_workspace_init did; paths, NULL-terminated, in the order of work. */
typedef struct {
    char **made;
    char **kept; /* were there and stay as they are */
} SyWorkspaceReport;

void sy_workspace_report_clear(SyWorkspaceReport *report);

/* Makes what is missing of a workspace: folders, settings with the embedded engine `research`, the
 * sample template. Nothing that exists is changed; each file appears whole or not at all; where
 * it fails, what it made is removed again. The folder itself is made where it is missing.
 * Errors: SY_ERROR_IO. `report` is filled on success only. */
bool sy_workspace_init(const char *folder, SyWorkspaceReport *report, GError **error);

#endif
