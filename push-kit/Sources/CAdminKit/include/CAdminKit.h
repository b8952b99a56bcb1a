#ifndef C_ADMIN_KIT_H
#define C_ADMIN_KIT_H

#include "EmbeddedFile.h"

/// What the admin apps share: modules and the style sheet, below `kit/`.
const struct EmbeddedFile *adminKitFiles(void);

#endif
