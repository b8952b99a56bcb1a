#ifndef EMBEDDED_FILE_H
#define EMBEDDED_FILE_H

#include <stddef.h>

/// A file that is part of the program. Lists of them end with one that has no path.
///
/// C's `#embed` is how a file gets in: SwiftPM's `.embedInCode` writes an array literal, for which the Swift compiler takes
/// 3 s (debug) to 5 s (release) per 30 KB; this takes no time that one could measure, and knows when a file has changed.
struct EmbeddedFile {
    /// Below the place where it is served, without a leading slash.
    const char *path;
    const unsigned char *content;
    /// Bytes.
    size_t length;
};

#define EMBEDDED_FILE(path, content) { path, content, sizeof content }

#endif
