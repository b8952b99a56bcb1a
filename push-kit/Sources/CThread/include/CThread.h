#ifndef CTHREAD_H
#define CTHREAD_H

#include <stddef.h>

/// Starts a detached thread that calls `body(argument)`.
///
/// @param name What `ps -L` shows; the system keeps 15 bytes of it.
/// @param stack_size Bytes; at least what the system wants.
/// @return 0, or an error number.
int cthread_start(const char *name, size_t stack_size, void (*body)(void *), void *argument);

#endif
