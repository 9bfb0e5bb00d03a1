/* Storage of a sub-ledger. */
#include "order/sub_ledger.h"

#include <string.h>

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

SySubLedger *sy_sub_ledger_copy(const SySubLedger *book) {
    SySubLedger *copy = sy_sub_ledger_new(book->groups, book->legs);
    gsize groups = book->groups * sizeof(double), legs = book->legs * sizeof(double);
    memcpy(copy->capital, book->capital, groups);
    memcpy(copy->cash, book->cash, groups);
    memcpy(copy->free_cash, book->free_cash, groups);
    memcpy(copy->quantity, book->quantity, legs);
    memcpy(copy->debt, book->debt, legs);
    memcpy(copy->locked, book->locked, legs);
    copy->decided = book->decided;
    return copy;
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
