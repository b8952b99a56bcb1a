#ifndef C_CURL_H
#define C_CURL_H

#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo take any number of arguments, which Swift does not import.

CURLcode curlSetLong(CURL *handle, CURLoption option, long value);
CURLcode curlSetString(CURL *handle, CURLoption option, const char *value);
CURLcode curlSetPointer(CURL *handle, CURLoption option, void *value);
CURLcode curlSetSize(CURL *handle, CURLoption option, curl_off_t value);
CURLcode curlSetWriter(CURL *handle, CURLoption option, size_t (*value)(char *, size_t, size_t, void *));
CURLcode curlSetProgress(CURL *handle, int (*value)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t));
long curlStatus(CURL *handle);

#endif
