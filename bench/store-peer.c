/* The strictest peer of `recordAttempt`: the rows of one attempt through one prepared statement in one transaction, in C.
   argv: a database that holds the tables, rows, set id. Prints the processor time in microseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "sqlite3.h"

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  const long rows = atol(argv[2]), set = atol(argv[3]);
  sqlite3 *db;
  sqlite3_stmt *insert;
  sqlite3_open(argv[1], &db);
  sqlite3_exec(db, "PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF", 0, 0, 0);
  clock_t began = clock();
  sqlite3_exec(db, "BEGIN IMMEDIATE", 0, 0, 0);
  const char *sql = "INSERT INTO observation VALUES (?, ?, NULL, ?, ?, ?, NULL)";
  if (sqlite3_prepare_v2(db, sql, -1, &insert, 0) != SQLITE_OK) return 1;
  for (long i = 0; i < rows; i++) {
    sqlite3_bind_int64(insert, 1, set);
    sqlite3_bind_int64(insert, 2, i);
    sqlite3_bind_int64(insert, 3, 0);
    sqlite3_bind_int64(insert, 4, 0);
    sqlite3_bind_int64(insert, 5, (i * 7919 + set * 31) % 20000);
    if (sqlite3_step(insert) != SQLITE_DONE) return 1;
    sqlite3_reset(insert);
  }
  if (sqlite3_exec(db, "COMMIT", 0, 0, 0) != SQLITE_OK) return 1;
  printf("%.0f\n", (double)(clock() - began) * 1e6 / CLOCKS_PER_SEC);
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return 0;
}
