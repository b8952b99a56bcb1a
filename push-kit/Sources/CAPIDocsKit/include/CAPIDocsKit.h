#ifndef C_API_DOCS_KIT_H
#define C_API_DOCS_KIT_H

#include <EmbeddedFile.h>

/// The page that shows a component's OpenAPI document; it imports `kit/`.
const struct EmbeddedFile *apiDocsFiles(void);

#endif
