#ifndef C_API_DOCUMENTATION_H
#define C_API_DOCUMENTATION_H

#include <EmbeddedFile.h>

/// `openapi.json`.
const struct EmbeddedFile *apiDescriptionFiles(void);

#endif
