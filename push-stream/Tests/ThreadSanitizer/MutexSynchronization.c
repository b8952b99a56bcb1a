// Tells the thread sanitizer of the waits of Swift's `Mutex`; scripts/tsan loads this library before the tests.
//
// `Synchronization.Mutex` takes a free lock in code that is compiled into its user, where the sanitizer sees it. Who has to wait for the
// lock, or wakes one that waits, does so by a system call in the Swift runtime, which is not built with the sanitizer: then it misses
// that one came after the other, and calls what they do under the same lock a race. So the two functions of the runtime are called
// through here, and say what they do. Nothing is hidden: what is not under a lock is reported as before.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

// Of the sanitizer; not there in programs that are not built with it.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef __attribute__((swiftcall)) void Lock(uint32_t thread, __attribute__((swift_context)) void *mutex);
typedef __attribute__((swiftcall)) void Unlock(__attribute__((swift_context)) void *mutex);

__attribute__((swiftcall)) void lock_slowly(uint32_t thread, __attribute__((swift_context)) void *mutex) __asm__(LOCK);
__attribute__((swiftcall)) void unlock_slowly(__attribute__((swift_context)) void *mutex) __asm__(UNLOCK);

static void *original(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL) {
        fprintf(stderr, "the Swift runtime has no %s\n", name);
        abort();
    }
    return found;
}

__attribute__((swiftcall)) void lock_slowly(uint32_t thread, __attribute__((swift_context)) void *mutex) {
    static Lock *lock;
    if (lock == NULL) lock = (Lock *)original(LOCK);
    lock(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

__attribute__((swiftcall)) void unlock_slowly(__attribute__((swift_context)) void *mutex) {
    static Unlock *unlock;
    if (unlock == NULL) unlock = (Unlock *)original(UNLOCK);
    if (__tsan_release) __tsan_release(mutex);
    unlock(mutex);
}
