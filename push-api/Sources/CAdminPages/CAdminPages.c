#include "CAdminPages.h"

// `#embed` is of C23; clang knows it in every mode. A test fails if a file of the folder is missing here.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char app_js[] = {
#embed "Files/app.js"
};

static const unsigned char index_html[] = {
#embed "Files/index.html"
};

static const unsigned char pages_css[] = {
#embed "Files/pages.css"
};

static const unsigned char pages_channel_js[] = {
#embed "Files/pages/channel.js"
};

static const unsigned char pages_channels_js[] = {
#embed "Files/pages/channels.js"
};

static const unsigned char pages_examples_js[] = {
#embed "Files/pages/examples.js"
};

static const unsigned char pages_how_to_js[] = {
#embed "Files/pages/how-to.js"
};

static const unsigned char pages_keys_js[] = {
#embed "Files/pages/keys.js"
};

static const unsigned char pages_live_js[] = {
#embed "Files/pages/live.js"
};

static const unsigned char pages_message_list_js[] = {
#embed "Files/pages/message-list.js"
};

static const unsigned char pages_sign_in_js[] = {
#embed "Files/pages/sign-in.js"
};

static const unsigned char pages_statistics_js[] = {
#embed "Files/pages/statistics.js"
};

static const struct EmbeddedFile files[] = {
    EMBEDDED_FILE("app.js", app_js),
    EMBEDDED_FILE("index.html", index_html),
    EMBEDDED_FILE("pages.css", pages_css),
    EMBEDDED_FILE("pages/channel.js", pages_channel_js),
    EMBEDDED_FILE("pages/channels.js", pages_channels_js),
    EMBEDDED_FILE("pages/examples.js", pages_examples_js),
    EMBEDDED_FILE("pages/how-to.js", pages_how_to_js),
    EMBEDDED_FILE("pages/keys.js", pages_keys_js),
    EMBEDDED_FILE("pages/live.js", pages_live_js),
    EMBEDDED_FILE("pages/message-list.js", pages_message_list_js),
    EMBEDDED_FILE("pages/sign-in.js", pages_sign_in_js),
    EMBEDDED_FILE("pages/statistics.js", pages_statistics_js),
    {NULL, NULL, 0},
};

const struct EmbeddedFile *adminPagesFiles(void) { return files; }
