/// A library without functions of its own: loaded before the C library (`LD_PRELOAD`) it counts what a program allocates.
///
/// The environment variable ALLOCATION_COUNTER names a file of at least 8 bytes; its first 8 are the number of allocations so far, in
/// the machine's byte order. Growing a block counts as one, freeing as none.
