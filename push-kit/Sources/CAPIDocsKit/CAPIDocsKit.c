#include "CAPIDocsKit.h"

// `#embed` is of C23; clang knows it in every mode. A test fails if a file of the folder is missing here.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char curl_js[] = {
#embed "Files/curl.js"
};

static const unsigned char docs_css[] = {
#embed "Files/docs.css"
};

static const unsigned char docs_js[] = {
#embed "Files/docs.js"
};

static const unsigned char index_html[] = {
#embed "Files/index.html"
};

static const unsigned char operation_js[] = {
#embed "Files/operation.js"
};

static const unsigned char schema_js[] = {
#embed "Files/schema.js"
};

static const unsigned char text_js[] = {
#embed "Files/text.js"
};

static const struct EmbeddedFile files[] = {
    EMBEDDED_FILE("curl.js", curl_js),
    EMBEDDED_FILE("docs.css", docs_css),
    EMBEDDED_FILE("docs.js", docs_js),
    EMBEDDED_FILE("index.html", index_html),
    EMBEDDED_FILE("operation.js", operation_js),
    EMBEDDED_FILE("schema.js", schema_js),
    EMBEDDED_FILE("text.js", text_js),
    {NULL, NULL, 0},
};

const struct EmbeddedFile *apiDocsFiles(void) { return files; }
