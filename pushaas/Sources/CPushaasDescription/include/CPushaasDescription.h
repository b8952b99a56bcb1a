#ifndef C_PUSHAAS_DESCRIPTION_H
#define C_PUSHAAS_DESCRIPTION_H

#include <EmbeddedFile.h>

/// `openapi.json`.
const struct EmbeddedFile *pushaasDescriptionFiles(void);

#endif
