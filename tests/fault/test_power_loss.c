/* Loss of power at any moment: what SQLite writes, syncs, truncates and removes is logged below it,
 * and stores are made of what a disk may hold afterwards: all that was synced, and any part of the
 * rest, torn at sectors. Each opens, is whole, and has every decision that was acknowledged.
 *
 * SY_ROUNDS: how many such disks (default 100); SY_SEED: another choice of them. */
#include "test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli.h"
#include "db/db.h"
#include "store.h"
#include "store/events.h"

/* ---- the log ---- */

typedef enum { WRITE, TRUNCATE, SYNC, REMOVE, ACKNOWLEDGED } OperationKind;

typedef struct {
    OperationKind kind;
    char *name; /* of the file, without its folder */
    gint64 offset;
    GBytes *bytes; /* WRITE */
    int decisions; /* ACKNOWLEDGED: that were stored by now */
} Operation;

static GPtrArray *operations;
static bool logging;
static int syncs_left = -1; /* that go well; then one fails; < 0: all go well */

static void operation_free(gpointer data) {
    Operation *operation = data;
    g_free(operation->name);
    g_clear_pointer(&operation->bytes, g_bytes_unref);
    g_free(operation);
}

static Operation *log_operation(OperationKind kind, const char *path, gint64 offset) {
    Operation *operation = g_new0(Operation, 1);
    operation->kind = kind;
    operation->name = path ? g_path_get_basename(path) : NULL;
    operation->offset = offset;
    g_ptr_array_add(operations, operation);
    return operation;
}

/* ---- a file system of SQLite that logs ---- */

typedef struct {
    sqlite3_file base;
    const char *path; /* NULL: nothing of the store */
    sqlite3_file *real;
} LoggedFile;

static sqlite3_vfs *real_vfs;

#define REAL(file) (((LoggedFile *)(file))->real)
#define FORWARD(name, parameters, ...)                                                             \
    static int file_##name parameters {                                                            \
        return REAL(file)->pMethods->name(REAL(file), __VA_ARGS__);                                \
    }
FORWARD(xRead, (sqlite3_file * file, void *to, int n, sqlite3_int64 at), to, n, at)
FORWARD(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), size)
FORWARD(xLock, (sqlite3_file * file, int level), level)
FORWARD(xUnlock, (sqlite3_file * file, int level), level)
FORWARD(xCheckReservedLock, (sqlite3_file * file, int *result), result)
FORWARD(xFileControl, (sqlite3_file * file, int op, void *arg), op, arg)
FORWARD(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **to), page,
        size, extend, to)
FORWARD(xShmLock, (sqlite3_file * file, int offset, int n, int flags), offset, n, flags)
FORWARD(xShmUnmap, (sqlite3_file * file, int remove), remove)

static int file_xSectorSize(sqlite3_file *file) {
    return REAL(file)->pMethods->xSectorSize(REAL(file));
}

static int file_xDeviceCharacteristics(sqlite3_file *file) {
    return REAL(file)->pMethods->xDeviceCharacteristics(REAL(file));
}

static void file_xShmBarrier(sqlite3_file *file) { REAL(file)->pMethods->xShmBarrier(REAL(file)); }

static int file_xClose(sqlite3_file *file) {
    int result = REAL(file)->pMethods->xClose(REAL(file));
    g_free(REAL(file));
    return result;
}

static bool is_logged(sqlite3_file *file) { return logging && ((LoggedFile *)file)->path; }

static int file_xWrite(sqlite3_file *file, const void *from, int n, sqlite3_int64 at) {
    if (is_logged(file))
        log_operation(WRITE, ((LoggedFile *)file)->path, at)->bytes = g_bytes_new(from, (gsize)n);
    return REAL(file)->pMethods->xWrite(REAL(file), from, n, at);
}

static int file_xTruncate(sqlite3_file *file, sqlite3_int64 size) {
    if (is_logged(file))
        log_operation(TRUNCATE, ((LoggedFile *)file)->path, size);
    return REAL(file)->pMethods->xTruncate(REAL(file), size);
}

/* The disk need not be waited for: it is the log that says what was synced. */
static int file_xSync(sqlite3_file *file, int flags) {
    if (is_logged(file))
        log_operation(SYNC, ((LoggedFile *)file)->path, 0);
    if (((LoggedFile *)file)->path && syncs_left >= 0 && syncs_left-- == 0)
        return SQLITE_IOERR_FSYNC;
    return logging ? SQLITE_OK : REAL(file)->pMethods->xSync(REAL(file), flags);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_xClose,
    .xRead = file_xRead,
    .xWrite = file_xWrite,
    .xTruncate = file_xTruncate,
    .xSync = file_xSync,
    .xFileSize = file_xFileSize,
    .xLock = file_xLock,
    .xUnlock = file_xUnlock,
    .xCheckReservedLock = file_xCheckReservedLock,
    .xFileControl = file_xFileControl,
    .xSectorSize = file_xSectorSize,
    .xDeviceCharacteristics = file_xDeviceCharacteristics,
    .xShmMap = file_xShmMap,
    .xShmLock = file_xShmLock,
    .xShmBarrier = file_xShmBarrier,
    .xShmUnmap = file_xShmUnmap,
};

static int vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file, int flags, int *got) {
    enum { ours = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL };
    (void)vfs;
    LoggedFile *logged = (LoggedFile *)file;
    logged->real = g_malloc0((gsize)real_vfs->szOsFile);
    logged->path = flags & ours ? path : NULL;
    int result = real_vfs->xOpen(real_vfs, path, logged->real, flags, got);
    logged->base.pMethods = logged->real->pMethods ? &methods : NULL;
    if (!logged->base.pMethods)
        g_free(logged->real);
    return result;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync) {
    (void)vfs;
    if (logging)
        log_operation(REMOVE, path, 0);
    return real_vfs->xDelete(real_vfs, path, sync);
}

static void install_vfs(void) {
    static sqlite3_vfs logged;
    real_vfs = sqlite3_vfs_find(NULL);
    logged = *real_vfs;
    logged.zName = "logged";
    logged.szOsFile = sizeof(LoggedFile);
    logged.xOpen = vfs_open;
    logged.xDelete = vfs_delete;
    assert_int_equal(sqlite3_vfs_register(&logged, 1), SQLITE_OK);
}

/* ---- what the store goes through ---- */

static bool decide(SyStore *store, gint64 run, SyTime bar, SySubLedger *book) {
    static char *symbols[] = {"A", "B", NULL};
    SyLegDecision legs[2] = {{.wanted = 1, .action = SY_ACTION_ENTER, .reason = "fresh"},
                             {.wanted = 0, .action = SY_ACTION_NONE, .reason = "flat"}};
    SyDecision decision = {.row = 0, .legs = 2, .leg = legs};
    const double price[2] = {10, 20}, output[2] = {0.5, -0.5};
    g_autoptr(GArray) outcomes = g_array_new(FALSE, TRUE, sizeof(SyOrderOutcome));
    SyOrderOutcome order = {.intent = {.side = SY_BUY, .size = 2, .price = 10},
                            .size = 2,
                            .price = 10,
                            .state = "filled",
                            .reason = ""};
    sy_client_id("pair", "A", bar, 0, 0, order.client_id);
    g_array_append_val(outcomes, order);
    const SyRunRecord record = {.id = run,
                                .study = "pair",
                                .template_hash = "0123",
                                .template_text = "[meta]",
                                .started = bar + 4,
                                .ended = bar + 5,
                                .bar_time = bar,
                                .status = "succeeded",
                                .message = "",
                                .data_fingerprint = "f"};
    bool already = false;
    book->cash[0] -= 20;
    book->quantity[0] += 2;
    assert_good(sy_store_add_decision(store, &record, &decision, symbols, &bar, price, output,
                                      outcomes, book, book->decided, &already, &error));
    book->decided = bar;
    return !already;
}

/* Slots from plan to decision, closed and opened between, so that the log of writes is also moved
 * into the database and removed. */
static void live(const char *folder, int decisions) {
    g_autoptr(SySubLedger) book = sy_sub_ledger_new(1, 2);
    SyStore *store = test_store_open(folder);
    gint64 epoch = 0;
    assert_good(sy_store_take_study(store, "pair", "test", 1, &epoch, &error));
    for (int i = 1; i <= decisions; i++) {
        bool claimed = false;
        gint64 run = test_store_plan(store, "pair", i * SY_HOUR, epoch);
        assert_good(sy_store_claim_run(store, run, epoch, 1, 1, i * SY_HOUR, &claimed, &error));
        assert_true(decide(store, run, i * SY_HOUR, book));
        log_operation(ACKNOWLEDGED, NULL, 0)->decisions = i;
        if (i % 4 == 0) {
            sy_store_close(store);
            store = test_store_open(folder);
        }
    }
    sy_store_close(store);
}

/* ---- what a disk may hold ---- */

enum { SECTOR = 512 };

/* One file: its bytes as far as they are sure, and what was done since. */
typedef struct {
    GByteArray *bytes;  /* NULL: the file is not there */
    GByteArray *before; /* removed, and the folder was not synced: it may come back */
    GPtrArray *unsure;  /* Operation, borrowed */
} DiskFile;

static DiskFile disk[2];
static const char *const names[] = {"state.db", "state.db-wal"};

static void put(GByteArray *bytes, gsize at, const guint8 *data, gsize n) {
    if (bytes->len < at + n) {
        gsize old = bytes->len;
        g_byte_array_set_size(bytes, (guint)(at + n));
        memset(bytes->data + old, 0, at + n - old);
    }
    memcpy(bytes->data + at, data, n);
}

static void apply(GByteArray *bytes, const Operation *operation, GRand *lose) {
    if (operation->kind == TRUNCATE) {
        if (!lose || g_rand_boolean(lose))
            g_byte_array_set_size(bytes, (guint)MIN(bytes->len, operation->offset));
        return;
    }
    gsize n = 0;
    const guint8 *data = g_bytes_get_data(operation->bytes, &n);
    bool torn = lose && g_rand_int_range(lose, 0, 4) == 0;
    bool kept = !lose || g_rand_boolean(lose);
    for (gsize at = 0; at < n;) {
        gsize sector_end = ((gsize)operation->offset + at) / SECTOR * SECTOR + SECTOR;
        gsize part = MIN(n - at, sector_end - ((gsize)operation->offset + at));
        if (torn ? g_rand_boolean(lose) : kept)
            put(bytes, (gsize)operation->offset + at, data + at, part);
        at += part;
    }
}

static void reset_disk(void) {
    for (int i = 0; i < 2; i++) {
        g_clear_pointer(&disk[i].bytes, g_byte_array_unref);
        g_clear_pointer(&disk[i].before, g_byte_array_unref);
        g_clear_pointer(&disk[i].unsure, g_ptr_array_unref);
        disk[i].unsure = g_ptr_array_new();
    }
}

static void take_operation(const Operation *operation) {
    int which = strcmp(operation->name, names[0]) == 0 ? 0 : 1;
    DiskFile *file = &disk[which];
    if (which == 1 && strcmp(operation->name, names[1]) != 0)
        return; /* the rollback journal of the first moments, before WAL mode */
    if (operation->kind == REMOVE) {
        file->before = g_steal_pointer(&file->bytes);
        g_ptr_array_set_size(file->unsure, 0);
        return;
    }
    if (!file->bytes)
        file->bytes = g_byte_array_new();
    if (operation->kind != SYNC) {
        g_ptr_array_add(file->unsure, (gpointer)operation);
        return;
    }
    for (guint i = 0; i < file->unsure->len; i++)
        apply(file->bytes, file->unsure->pdata[i], NULL);
    g_ptr_array_set_size(file->unsure, 0);
    g_clear_pointer(&file->before, g_byte_array_unref); /* the folder is synced with it */
}

/* Writes a disk that may be there after a loss of power now. */
static void write_disk(const char *folder, GRand *random) {
    for (int i = 0; i < 2; i++) {
        const DiskFile *file = &disk[i];
        bool comes_back = file->before && g_rand_boolean(random);
        const GByteArray *from = comes_back ? file->before : file->bytes;
        if (!from)
            continue;
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        g_byte_array_append(bytes, from->data, from->len);
        for (guint k = 0; !comes_back && k < file->unsure->len; k++)
            apply(bytes, file->unsure->pdata[k], random);
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        assert_true(g_file_set_contents_full(path, (const char *)bytes->data, bytes->len,
                                             G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    }
}

/* ---- the check ---- */

static void check_store(const char *folder, int acknowledged) {
    g_autoptr(SyStore) store = test_store_open(folder);
    test_store_assert_whole(store);
    g_autoptr(SyDb) db = NULL;
    assert_good((db = sy_db_open("sqlite:///state.db", folder, SY_DB_READ, 1000, &error)));
    assert_good(sy_db_check(db, &error));
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    gint64 decisions = test_store_query(folder, "SELECT count(*) FROM decision");
    if (decisions < acknowledged || decisions > acknowledged + 1)
        fail_msg("%d decisions, of which %d were acknowledged", (int)decisions, acknowledged);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM decision_leg"), 2 * decisions);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM fill"), decisions);
    assert_int_equal(
        test_store_query(folder, "SELECT count(*) FROM run WHERE status = 'succeeded'"), decisions);
    assert_int_equal(test_store_query(folder, "SELECT count(*) FROM event WHERE kind = 'decision'"),
                     decisions);
    assert_int_equal(test_store_query(folder, "SELECT coalesce(sum(quantity), 0) FROM position"),
                     2 * decisions);
    assert_int_equal(test_store_query(folder, "SELECT (SELECT count(*) FROM slot) - (SELECT "
                                              "count(*) FROM run)"),
                     0);
}

static int number(const char *variable, int fallback) {
    const char *text = g_getenv(variable);
    return text ? atoi(text) : fallback;
}

static void test_power_loss__keeps_what_was_acknowledged(void **state) {
    (void)state;
    int seed = number("SY_SEED", 1), rounds = number("SY_ROUNDS", 100);
    printf("# seed %d, %d rounds\n", seed, rounds);
    g_autoptr(GRand) random = g_rand_new_with_seed((guint32)seed);
    g_autofree char *folder = test_folder_new();
    operations = g_ptr_array_new_with_free_func(operation_free);
    logging = true;
    live(folder, 10);
    logging = false;
    assert_true(operations->len > 300);
    guint start = 0; /* from WAL mode on: before it there is no store yet */
    while (strcmp(((const Operation *)operations->pdata[start])->name, names[1]) != 0)
        start++;
    for (int round = 0; round < rounds; round++) {
        guint end = (guint)g_rand_int_range(random, (gint32)start, (gint32)operations->len + 1);
        int acknowledged = 0;
        reset_disk();
        for (guint i = 0; i < end; i++) {
            const Operation *operation = operations->pdata[i];
            if (operation->kind == ACKNOWLEDGED)
                acknowledged = operation->decisions;
            else
                take_operation(operation);
        }
        g_autofree char *image = test_folder_new();
        write_disk(image, random);
        check_store(image, acknowledged);
        test_folder_remove(image);
    }
    reset_disk();
    test_folder_remove(folder);
    g_ptr_array_unref(operations);
}

/* A slot whose every sync may fail: what fails is told and leaves nothing, and the same handle goes
 * on afterwards. */
static void test_failed_sync__is_told_and_leaves_nothing(void **state) {
    (void)state;
    g_autofree char *folder = test_folder_new();
    g_autoptr(SyStore) store = test_store_open(folder);
    gint64 epoch = 0, slots = 0;
    int failed = 0;
    assert_good(sy_store_take_study(store, "pair", "test", 1, &epoch, &error));
    for (int round = 0; round < 6; round++) {
        g_autoptr(GError) reason = NULL;
        SySlotDecision slot = test_slot("pair", (round + 1) * SY_HOUR);
        syncs_left = round % 2; /* the commit's own sync, or one that does not come */
        bool good = sy_store_decide_slots(store, &slot, 1, &epoch, &reason);
        syncs_left = -1;
        slots += good;
        failed += !good;
        if (!good)
            assert_int_equal(reason->code, SY_ERROR_IO);
        assert_int_equal(test_store_query(folder, "SELECT count(*) FROM slot"), slots);
        assert_int_equal(test_store_query(folder, "SELECT count(*) FROM run"), slots);
        test_store_assert_whole(store);
    }
    assert_int_equal(failed, 3);
    g_clear_pointer(&store, sy_store_close);
    test_folder_remove(folder);
}

static int prepare(void **state) {
    (void)state;
    install_vfs();
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failed_sync__is_told_and_leaves_nothing),
        cmocka_unit_test(test_power_loss__keeps_what_was_acknowledged),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}
