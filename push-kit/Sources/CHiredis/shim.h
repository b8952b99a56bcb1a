#include <stdlib.h>
#include <hiredis/hiredis.h>

/* The RESP type of the item that the reader is in the middle of, -1 between items.
   The reader's task stack is a C array, which Swift would see as a tuple of nine. */
static inline int chiredis_pending_type(const redisReader *reader) {
    return reader->ridx >= 0 && reader->ridx < 9 ? reader->rstack[reader->ridx].type : -1;
}
