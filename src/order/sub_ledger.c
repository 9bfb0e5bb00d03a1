/* Storage of a sub-ledger. */
#include "order/sub_ledger.h"

SySubLedger *sy_sub_ledger_new(gsize groups, gsize legs) {
    SySubLedger *book = g_new0(SySubLedger, 1);
    book->groups = groups;
    book->legs = legs;
    book->capital = g_new0(double, MAX(groups, 1));
    book->cash = g_new0(double, MAX(groups, 1));
    book->free_cash = g_new0(double, MAX(groups, 1));
    book->quantity = g_new0(double, MAX(legs, 1));
    book->debt = g_new0(double, MAX(legs, 1));
    book->locked = g_new0(double, MAX(legs, 1));
    book->decided = SY_TIME_NONE;
    return book;
}

void sy_sub_ledger_free(SySubLedger *book) {
    if (!book)
        return;
    g_free(book->capital);
    g_free(book->cash);
    g_free(book->free_cash);
    g_free(book->quantity);
    g_free(book->debt);
    g_free(book->locked);
    g_free(book);
}
