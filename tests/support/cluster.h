/* A throw-away PostgreSQL cluster in a folder of its own, on a socket there: no network, no
 * flushing to disk. It ends with the program that started it, however that ends. One at a time. For
 * tests and benches alike, so without their libraries. */
#ifndef SY_TESTS_SUPPORT_CLUSTER_H
#define SY_TESTS_SUPPORT_CLUSTER_H

#include <glib.h>
#include <stdbool.h>

/* True where the server's programs are installed; else *why says which is not. */
bool cluster_installed(char **why);

/* Makes the cluster and starts its server. Sets *why where it fails; free with g_free. */
bool cluster_start(char **why);

/* Ends the server at once and removes the cluster. Nothing where there is none. */
void cluster_stop(void);

/* Ends the server by a signal of its own; data stay. cluster_launch starts it again. */
void cluster_shutdown(int signal);
bool cluster_launch(char **why);
bool cluster_runs(void); /* it was launched and not shut down */

/* The folder of its socket, data and log. */
const char *cluster_folder(void);

#endif
