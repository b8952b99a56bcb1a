#include "CPushaasPages.h"

// `#embed` is of C23; clang knows it in every mode. A test fails if a file of the folder is missing here.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char app_js[] = {
#embed "Files/app.js"
};

static const unsigned char favicon_svg[] = {
#embed "Files/favicon.svg"
};

static const unsigned char index_html[] = {
#embed "Files/index.html"
};

static const unsigned char pages_css[] = {
#embed "Files/pages.css"
};

static const unsigned char pages_destroyed_js[] = {
#embed "Files/pages/destroyed.js"
};

static const unsigned char pages_instance_js[] = {
#embed "Files/pages/instance.js"
};

static const unsigned char pages_instances_js[] = {
#embed "Files/pages/instances.js"
};

static const unsigned char pages_parts_js[] = {
#embed "Files/pages/parts.js"
};

static const unsigned char pages_plans_js[] = {
#embed "Files/pages/plans.js"
};

static const unsigned char pages_sign_in_js[] = {
#embed "Files/pages/sign-in.js"
};

static const unsigned char pages_tsuru_js[] = {
#embed "Files/pages/tsuru.js"
};

static const struct EmbeddedFile files[] = {
    EMBEDDED_FILE("app.js", app_js),
    EMBEDDED_FILE("favicon.svg", favicon_svg),
    EMBEDDED_FILE("index.html", index_html),
    EMBEDDED_FILE("pages.css", pages_css),
    EMBEDDED_FILE("pages/destroyed.js", pages_destroyed_js),
    EMBEDDED_FILE("pages/instance.js", pages_instance_js),
    EMBEDDED_FILE("pages/instances.js", pages_instances_js),
    EMBEDDED_FILE("pages/parts.js", pages_parts_js),
    EMBEDDED_FILE("pages/plans.js", pages_plans_js),
    EMBEDDED_FILE("pages/sign-in.js", pages_sign_in_js),
    EMBEDDED_FILE("pages/tsuru.js", pages_tsuru_js),
    {NULL, NULL, 0},
};

const struct EmbeddedFile *pushaasPagesFiles(void) { return files; }
