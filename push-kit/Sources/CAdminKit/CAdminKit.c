#include "CAdminKit.h"

// `#embed` is of C23; clang knows it in every mode. A test fails if a file of the folder is missing here.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char kit_api_js[] = {
#embed "Files/kit/api.js"
};

static const unsigned char kit_busy_js[] = {
#embed "Files/kit/busy.js"
};

static const unsigned char kit_chart_js[] = {
#embed "Files/kit/chart.js"
};

static const unsigned char kit_copy_js[] = {
#embed "Files/kit/copy.js"
};

static const unsigned char kit_dialog_js[] = {
#embed "Files/kit/dialog.js"
};

static const unsigned char kit_dom_js[] = {
#embed "Files/kit/dom.js"
};

static const unsigned char kit_favicon_svg[] = {
#embed "Files/kit/favicon.svg"
};

static const unsigned char kit_format_js[] = {
#embed "Files/kit/format.js"
};

static const unsigned char kit_notice_js[] = {
#embed "Files/kit/notice.js"
};

static const unsigned char kit_poll_js[] = {
#embed "Files/kit/poll.js"
};

static const unsigned char kit_router_js[] = {
#embed "Files/kit/router.js"
};

static const unsigned char kit_session_js[] = {
#embed "Files/kit/session.js"
};

static const unsigned char kit_shell_js[] = {
#embed "Files/kit/shell.js"
};

static const unsigned char kit_style_css[] = {
#embed "Files/kit/style.css"
};

static const unsigned char kit_table_js[] = {
#embed "Files/kit/table.js"
};

static const unsigned char kit_theme_js[] = {
#embed "Files/kit/theme.js"
};

static const unsigned char kit_toast_js[] = {
#embed "Files/kit/toast.js"
};

static const struct EmbeddedFile files[] = {
    EMBEDDED_FILE("kit/api.js", kit_api_js),
    EMBEDDED_FILE("kit/busy.js", kit_busy_js),
    EMBEDDED_FILE("kit/chart.js", kit_chart_js),
    EMBEDDED_FILE("kit/copy.js", kit_copy_js),
    EMBEDDED_FILE("kit/dialog.js", kit_dialog_js),
    EMBEDDED_FILE("kit/dom.js", kit_dom_js),
    EMBEDDED_FILE("kit/favicon.svg", kit_favicon_svg),
    EMBEDDED_FILE("kit/format.js", kit_format_js),
    EMBEDDED_FILE("kit/notice.js", kit_notice_js),
    EMBEDDED_FILE("kit/poll.js", kit_poll_js),
    EMBEDDED_FILE("kit/router.js", kit_router_js),
    EMBEDDED_FILE("kit/session.js", kit_session_js),
    EMBEDDED_FILE("kit/shell.js", kit_shell_js),
    EMBEDDED_FILE("kit/style.css", kit_style_css),
    EMBEDDED_FILE("kit/table.js", kit_table_js),
    EMBEDDED_FILE("kit/theme.js", kit_theme_js),
    EMBEDDED_FILE("kit/toast.js", kit_toast_js),
    {NULL, NULL, 0},
};

const struct EmbeddedFile *adminKitFiles(void) { return files; }
