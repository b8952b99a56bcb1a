#ifndef C_ADMIN_PAGES_H
#define C_ADMIN_PAGES_H

#include <EmbeddedFile.h>

/// push-api's own pages of the admin app; they import `kit/`.
const struct EmbeddedFile *adminPagesFiles(void);

#endif
