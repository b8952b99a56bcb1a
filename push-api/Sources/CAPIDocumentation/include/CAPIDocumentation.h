#ifndef C_API_DOCUMENTATION_H
#define C_API_DOCUMENTATION_H

#include <EmbeddedFile.h>

/// `openapi.json`.
const struct EmbeddedFile *apiDescriptionFiles(void);

/// The page that shows it; it imports `kit/`.
const struct EmbeddedFile *apiDocumentationFiles(void);

#endif
