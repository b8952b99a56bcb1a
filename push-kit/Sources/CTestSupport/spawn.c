#define _GNU_SOURCE
#include "CTestSupport.h"
#include <fcntl.h>
#include <unistd.h>

int ctest_actions_add_closefrom(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

int ctest_actions_add_chdir(posix_spawn_file_actions_t *actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(actions, path);
}

int ctest_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC); }
