#include "CDemoPages.h"

// `#embed` is of C23; clang knows it in every mode. A test fails if a file of a folder is missing here.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char style_css[] = {
#embed "Files/style.css"
};

static const unsigned char favicon_svg[] = {
#embed "Files/favicon.svg"
};

static const unsigned char js_article_js[] = {
#embed "Files/js/article.js"
};

static const unsigned char js_dom_js[] = {
#embed "Files/js/dom.js"
};

static const unsigned char js_edit_js[] = {
#embed "Files/js/edit.js"
};

static const unsigned char js_list_js[] = {
#embed "Files/js/list.js"
};

static const unsigned char js_live_js[] = {
#embed "Files/js/live.js"
};

static const unsigned char js_live_worker_js[] = {
#embed "Files/js/live-worker.js"
};

static const unsigned char js_status_js[] = {
#embed "Files/js/status.js"
};

// The library's own files, not copies: what is served is what its tests test.
static const unsigned char client_pause_js[] = {
#embed "../../../push-api-client-javascript/src/pause.js"
};

static const unsigned char client_subscriber_index_js[] = {
#embed "../../../push-api-client-javascript/src/subscriber/index.js"
};

static const unsigned char client_subscriber_message_js[] = {
#embed "../../../push-api-client-javascript/src/subscriber/message.js"
};

static const unsigned char client_subscriber_position_js[] = {
#embed "../../../push-api-client-javascript/src/subscriber/position.js"
};

static const unsigned char client_subscriber_transports_js[] = {
#embed "../../../push-api-client-javascript/src/subscriber/transports.js"
};

static const unsigned char template_article[] = {
#embed "Files/templates/article.mustache"
};

static const unsigned char template_delete[] = {
#embed "Files/templates/delete.mustache"
};

static const unsigned char template_edit[] = {
#embed "Files/templates/edit.mustache"
};

static const unsigned char template_error[] = {
#embed "Files/templates/error.mustache"
};

static const unsigned char template_layout[] = {
#embed "Files/templates/layout.mustache"
};

static const unsigned char template_list[] = {
#embed "Files/templates/list.mustache"
};

static const unsigned char template_status[] = {
#embed "Files/templates/status.mustache"
};

static const struct EmbeddedFile assets[] = {
    EMBEDDED_FILE("style.css", style_css),
    EMBEDDED_FILE("favicon.svg", favicon_svg),
    EMBEDDED_FILE("js/article.js", js_article_js),
    EMBEDDED_FILE("js/dom.js", js_dom_js),
    EMBEDDED_FILE("js/edit.js", js_edit_js),
    EMBEDDED_FILE("js/list.js", js_list_js),
    EMBEDDED_FILE("js/live.js", js_live_js),
    EMBEDDED_FILE("js/live-worker.js", js_live_worker_js),
    EMBEDDED_FILE("js/status.js", js_status_js),
    EMBEDDED_FILE("client/pause.js", client_pause_js),
    EMBEDDED_FILE("client/subscriber/index.js", client_subscriber_index_js),
    EMBEDDED_FILE("client/subscriber/message.js", client_subscriber_message_js),
    EMBEDDED_FILE("client/subscriber/position.js", client_subscriber_position_js),
    EMBEDDED_FILE("client/subscriber/transports.js", client_subscriber_transports_js),
    {NULL, NULL, 0},
};

static const struct EmbeddedFile templates[] = {
    EMBEDDED_FILE("article.mustache", template_article),
    EMBEDDED_FILE("delete.mustache", template_delete),
    EMBEDDED_FILE("edit.mustache", template_edit),
    EMBEDDED_FILE("error.mustache", template_error),
    EMBEDDED_FILE("layout.mustache", template_layout),
    EMBEDDED_FILE("list.mustache", template_list),
    EMBEDDED_FILE("status.mustache", template_status),
    {NULL, NULL, 0},
};

const struct EmbeddedFile *demoAssets(void) { return assets; }

const struct EmbeddedFile *demoTemplates(void) { return templates; }
