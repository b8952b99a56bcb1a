#define _GNU_SOURCE
#include "CDetachedProcess.h"

int detached_actions_add_closefrom(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
