#ifndef C_PUSHAAS_PAGES_H
#define C_PUSHAAS_PAGES_H

#include <EmbeddedFile.h>

/// pushaas's own pages of the admin app; they import `kit/`.
const struct EmbeddedFile *pushaasPagesFiles(void);

#endif
