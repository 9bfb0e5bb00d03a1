/* Two tables under one lock: outputs by the digest of [model] and [model_params], and what models
 * keep of splits (data/kept.h) by their keys.
 *
 * A thread that finds nothing claims at once all that it will compute. One that holds claims
 * neither waits nor claims more, but computes; so nobody waits for somebody who waits. */
#include "tune/share.h"

#include <string.h>

#include "base/digest.h"
#include "base/error.h"

/* Bytes beyond which what was used longest ago is forgotten. */
enum { OUTPUT_BYTES = 256 << 20, KEPT_BYTES = 512 << 20 };

/* Claimed by a thread until it has bytes. */
typedef struct {
    guint8 key[SY_DIGEST_SIZE];
    gsize size;
    guint8 *bytes;
    GThread *owner; /* NULL: computed */
} Kept;

/* Claimed until it has a result. */
typedef struct {
    guint8 key[SY_DIGEST_SIZE];
    SyModelResult *result;
    int users;
} Output;

struct SyShare {
    const SyPanel *panel;
    const char *folder;
    GMutex lock;
    GCond changed;
    GHashTable *kept, *outputs;      /* key → itself */
    GHashTable *claimants;           /* set of GThread */
    GQueue kept_order, output_order; /* oldest first; only what is computed */
    gsize kept_bytes, output_bytes, output_size;
    gsize computed, reused;
};

static guint key_hash(gconstpointer key) {
    guint hash;
    memcpy(&hash, key, sizeof hash);
    return hash;
}

static gboolean key_equal(gconstpointer a, gconstpointer b) {
    return memcmp(a, b, SY_DIGEST_SIZE) == 0;
}

static void kept_free(gpointer data) {
    Kept *kept = data;
    g_free(kept->bytes);
    g_free(kept);
}

static void output_free(gpointer data) {
    Output *output = data;
    sy_model_result_free(output->result);
    g_free(output);
}

SyShare *sy_share_new(const SyPanel *panel, const char *folder) {
    SyShare *share = g_new0(SyShare, 1);
    share->panel = panel;
    share->folder = folder;
    g_mutex_init(&share->lock);
    g_cond_init(&share->changed);
    share->kept = g_hash_table_new_full(key_hash, key_equal, NULL, kept_free);
    share->claimants = g_hash_table_new(NULL, NULL);
    share->outputs = g_hash_table_new_full(key_hash, key_equal, NULL, output_free);
    share->output_size = sizeof(double) * panel->rows * panel->symbols;
    return share;
}

void sy_share_free(SyShare *share) {
    if (!share)
        return;
    g_queue_clear(&share->kept_order);
    g_queue_clear(&share->output_order);
    g_hash_table_unref(share->kept);
    g_hash_table_unref(share->claimants);
    g_hash_table_unref(share->outputs);
    g_mutex_clear(&share->lock);
    g_cond_clear(&share->changed);
    g_free(share);
}

/* ---- fits ---- */

static bool is_claimed(const SyShare *share, const SyKept *kept, gsize n) {
    for (gsize i = 0; i < n; i++) {
        const Kept *there = g_hash_table_lookup(share->kept, kept[i].key);
        if (there && there->owner)
            return true;
    }
    return false;
}

static void find(gpointer data, SyKept *kept, gsize n) {
    SyShare *share = data;
    g_mutex_lock(&share->lock);
    bool claims = !g_hash_table_contains(share->claimants, g_thread_self());
    while (claims && is_claimed(share, kept, n))
        g_cond_wait(&share->changed, &share->lock);
    for (gsize i = 0; i < n; i++) {
        Kept *there = g_hash_table_lookup(share->kept, kept[i].key);
        if (there && there->bytes && there->size == kept[i].size) {
            memcpy(kept[i].bytes, there->bytes, there->size);
            kept[i].found = true;
            share->reused++;
        } else if (!there && claims) {
            g_hash_table_add(share->claimants, g_thread_self());
            there = g_new0(Kept, 1);
            memcpy(there->key, kept[i].key, sizeof there->key);
            there->owner = g_thread_self();
            g_hash_table_insert(share->kept, there->key, there);
        }
    }
    g_mutex_unlock(&share->lock);
}

static void forget_kept(SyShare *share) {
    while (share->kept_bytes > KEPT_BYTES) {
        Kept *oldest = g_queue_pop_head(&share->kept_order);
        share->kept_bytes -= oldest->size;
        g_hash_table_remove(share->kept, oldest->key);
    }
}

static void keep(gpointer data, const SyKept *kept, gsize n) {
    SyShare *share = data;
    g_mutex_lock(&share->lock);
    for (gsize i = 0; i < n; i++) {
        Kept *there = g_hash_table_lookup(share->kept, kept[i].key);
        if (!there || there->bytes)
            continue;
        there->bytes = g_memdup2(kept[i].bytes, kept[i].size);
        there->size = kept[i].size;
        there->owner = NULL;
        share->kept_bytes += there->size;
        share->computed++;
        g_queue_push_tail(&share->kept_order, there);
    }
    forget_kept(share);
    g_cond_broadcast(&share->changed);
    g_mutex_unlock(&share->lock);
}

static gboolean is_own_claim(gpointer key, gpointer value, gpointer data) {
    (void)key, (void)data;
    const Kept *kept = value;
    return kept->owner == g_thread_self();
}

/* What a run has claimed and, where it failed, not computed. */
static void end_claims(SyShare *share) {
    if (g_hash_table_remove(share->claimants, g_thread_self()))
        g_hash_table_foreach_remove(share->kept, is_own_claim, NULL);
}

/* ---- outputs ---- */

static void digest_node(const SyNode *node, SyDigest *digest) {
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    sy_digest_add_text(digest, node->key ? node->key : "");
    sy_digest_add_count(digest, (guint64)node->type);
    sy_digest_add_count(digest, (guint64)node->n);
    for (gsize i = 0; i < node->n; i++)
        digest_node(node->item[i], digest);
    if (node->text)
        sy_digest_add_text(digest, node->text);
    else if (node->type == SY_NODE_NUMBER)
        sy_digest_add_text(digest, g_ascii_dtostr(number, sizeof number, node->number));
    else if (node->type == SY_NODE_INTEGER)
        sy_digest_add_count(digest, (guint64)node->integer);
    else if (node->type == SY_NODE_BOOL)
        sy_digest_add_count(digest, node->boolean);
}

static void output_key(const SyStrategy *strategy, guint8 key[static SY_DIGEST_SIZE]) {
    SyDigest digest;
    const SyNode *parameters = sy_template_section(strategy->template, "model_params");
    sy_digest_init(&digest);
    sy_digest_add_text(&digest, strategy->model->name);
    if (parameters)
        digest_node(parameters, &digest);
    sy_digest_end(&digest, key);
}

/* Forgets the oldest outputs that nobody uses. */
static void forget_outputs(SyShare *share) {
    GList *link = share->output_order.head;
    while (link && share->output_bytes > OUTPUT_BYTES) {
        GList *next = link->next;
        Output *output = link->data;
        if (output->users == 0) {
            g_queue_delete_link(&share->output_order, link);
            share->output_bytes -= share->output_size;
            g_hash_table_remove(share->outputs, output->key);
        }
        link = next;
    }
}

/* The output of this key: with a result, or claimed for the caller. */
static Output *claim_output(SyShare *share, const guint8 key[static SY_DIGEST_SIZE]) {
    Output *output;
    while ((output = g_hash_table_lookup(share->outputs, key)) && !output->result)
        g_cond_wait(&share->changed, &share->lock);
    if (!output) {
        output = g_new0(Output, 1);
        memcpy(output->key, key, sizeof output->key);
        g_hash_table_insert(share->outputs, output->key, output);
    }
    output->users++;
    return output;
}

static void end_claim(SyShare *share, Output *output, SyModelResult *result) {
    end_claims(share);
    output->result = result;
    if (result) {
        share->output_bytes += share->output_size;
        g_queue_push_tail(&share->output_order, output);
        forget_outputs(share);
    } else {
        g_hash_table_remove(share->outputs, output->key);
    }
    g_cond_broadcast(&share->changed);
}

const SyModelResult *sy_share_run(SyShare *share, const SyStrategy *strategy, int threads,
                                  GError **error) {
    guint8 key[SY_DIGEST_SIZE];
    output_key(strategy, key);
    g_mutex_lock(&share->lock);
    Output *output = claim_output(share, key);
    SyModelResult *result = output->result;
    if (!result) {
        g_mutex_unlock(&share->lock);
        const SyKeeper keeper = {find, keep, share};
        const SyModelContext context = {
            .threads = threads, .keeper = &keeper, .folder = share->folder};
        result = strategy->model->run(strategy->model_config, share->panel, &context, error);
        g_mutex_lock(&share->lock);
        end_claim(share, output, result);
    }
    g_mutex_unlock(&share->lock);
    /* cppcheck-suppress returnDanglingLifetime ; what a model gives does not point to it */
    return result;
}

void sy_share_release(SyShare *share, const SyModelResult *result) {
    g_mutex_lock(&share->lock);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, share->outputs);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Output *output = value;
        if (output->result == result) {
            output->users--;
            break;
        }
    }
    forget_outputs(share);
    g_mutex_unlock(&share->lock);
}

void sy_share_counts(SyShare *share, gsize *computed, gsize *reused) {
    g_mutex_lock(&share->lock);
    *computed = share->computed;
    *reused = share->reused;
    g_mutex_unlock(&share->lock);
}
