/* Reading TOML files whole, with a limit, and checking which sections they have. */
#include "template/document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"

void sy_document_free(SyDocument *document) {
    if (!document)
        return;
    g_free(document->name);
    g_free(document->text);
    g_free(document->hash);
    sy_node_free(document->root);
    sy_problems_free(document->problems);
    g_free(document);
}

SyDocument *sy_document_read(const char *text, gsize length, const char *name, GError **error) {
    SyNode *root = sy_node_parse(text, length, name, error);
    if (!root)
        return NULL;
    SyDocument *document = g_new0(SyDocument, 1);
    document->name = g_strdup(name);
    document->text = g_strndup(text, length);
    document->length = length;
    document->hash = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
    document->root = root;
    document->problems = sy_problems_new(name);
    return document;
}

static bool fail_reading(GError **error, const char *path, int reason) {
    g_autofree char *target = reason == ENOENT ? g_file_read_link(path, NULL) : NULL;
    return sy_fail(error, SY_ERROR_TEMPLATE, "%s: cannot read the file: %s%s%s", path,
                   g_strerror(reason), target ? "; it is a link to " : "", target ? target : "");
}

/* By stdio rather than by size, so that pipes can be read too. */
bool sy_document_text(const char *path, char **text, gsize *length, GError **error) {
    FILE *file = fopen(path, "rbe");
    if (!file)
        return fail_reading(error, path, errno);
    enum { room = SY_NODE_SIZE_MAX + 1 };
    g_autofree char *bytes = g_malloc(room + 1);
    errno = 0;
    *length = fread(bytes, 1, room, file);
    int reason = ferror(file) ? (errno ? errno : EIO) : 0;
    fclose(file);
    if (reason)
        return fail_reading(error, path, reason);
    bytes[*length] = '\0';
    *text = g_steal_pointer(&bytes);
    return true;
}

SyDocument *sy_document_load(const char *path, GError **error) {
    g_autofree char *text = NULL;
    gsize length = 0;
    return sy_document_text(path, &text, &length, error)
               ? sy_document_read(text, length, path, error)
               : NULL;
}

static const SySection *find_section(const SySection *sections, gsize n, const char *name) {
    for (gsize i = 0; i < n; i++)
        if (strcmp(sections[i].name, name) == 0)
            return &sections[i];
    return NULL;
}

static void unknown_section(SyDocument *document, const SyNode *node, const SySection *sections,
                            gsize n) {
    g_autofree const char **names = g_new(const char *, n);
    GString *known = g_string_new("sections: ");
    for (gsize i = 0; i < n; i++) {
        names[i] = sections[i].name;
        if (!sections[i].refused)
            g_string_append_printf(known, "%s[%s]", i ? " " : "", names[i]);
    }
    g_autofree char *list = g_string_free(known, FALSE);
    const char *closest = sy_text_closest(node->key, names, n);
    g_autofree char *meant = closest ? g_strdup_printf("did you mean [%s]?", closest) : NULL;
    sy_problems_add(document->problems, node, meant ? meant : list, "there is no section [%s]",
                    node->key);
}

void sy_document_check_sections(SyDocument *document, const SySection *sections, gsize n) {
    for (gsize i = 0; i < document->root->n; i++) {
        const SyNode *node = document->root->item[i];
        const SySection *section = find_section(sections, n, node->key);
        bool is_list = node->type == SY_NODE_ARRAY && node->n && !node->item[0]->inline_table &&
                       node->item[0]->type == SY_NODE_TABLE;
        if (section && section->refused)
            sy_problems_add(document->problems, node, NULL,
                            is_list ? "[[%s]] is not accepted: %s" : "[%s] is not accepted: %s",
                            node->key, section->refused);
        else if (node->type != SY_NODE_TABLE && !is_list && !section)
            sy_problems_add(document->problems, node, "move it below a header, as in [meta]",
                            "the key %s stands outside of any section", node->key);
        else if (!section)
            unknown_section(document, node, sections, n);
        else if (section->list && !is_list)
            sy_problems_add(document->problems, node, "write a header in double brackets for each",
                            "[[%s]] must be a list of tables", node->key);
        else if (!section->list && node->type != SY_NODE_TABLE)
            sy_problems_add(document->problems, node, "write one header in single brackets",
                            "[%s] must be one table of keys", node->key);
    }
}

const SyNode *sy_document_section(const SyDocument *document, const char *name) {
    const SyNode *node = sy_node_find(document->root, name);
    return node && node->type == SY_NODE_TABLE ? node : NULL;
}
