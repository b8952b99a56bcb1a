#ifndef CTESTSUPPORT_H
#define CTESTSUPPORT_H

#include <spawn.h>

/* GNU extensions, which Swift's Glibc module does not show. They return 0 or an error number. */

/* The child closes all descriptors from this one on. */
int ctest_actions_add_closefrom(posix_spawn_file_actions_t *actions, int from);
/* The child starts in this directory. */
int ctest_actions_add_chdir(posix_spawn_file_actions_t *actions, const char *path);
/* A pipe whose ends no child inherits; -1 and errno on failure. */
int ctest_pipe(int descriptors[2]);

#endif
