#ifndef CDETACHEDPROCESS_H
#define CDETACHEDPROCESS_H

#include <spawn.h>

/* A GNU extension, which Swift's Glibc module does not show. The child closes all descriptors from this one on. Returns 0 or an error number. */
int detached_actions_add_closefrom(posix_spawn_file_actions_t *actions, int from);

#endif
