#include "CPushaasDescription.h"

// `#embed` is of C23; clang knows it in every mode. A test fails if a file of the folder is missing here.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char openapi_json[] = {
#embed "openapi.json"
};

static const struct EmbeddedFile files[] = {
    EMBEDDED_FILE("openapi.json", openapi_json),
    {NULL, NULL, 0},
};

const struct EmbeddedFile *pushaasDescriptionFiles(void) { return files; }
