#ifndef C_DEMO_PAGES_H
#define C_DEMO_PAGES_H

#include <EmbeddedFile.h>

/// What browsers load beside the pages: styles, scripts, and below `client/` the subscriber of push-api-client-javascript.
const struct EmbeddedFile *demoAssets(void);

/// The templates of the pages, by their name with `.mustache`.
const struct EmbeddedFile *demoTemplates(void);

#endif
