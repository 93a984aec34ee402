// The server of a model, which nobody should trust.
//
// It repeats the key that it gets, in every way that one may be overlooked, and writes down who
// comes to it otherwise than a model is asked.
#include "probe.h"
#include <strings.h>

static void encode(const char *text, char *out) {
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = strlen(text);
    for (size_t at = 0; at < length; at += 3) {
        size_t left = length - at;
        unsigned bits = (unsigned char)text[at] << 16;
        if (left > 1) bits |= (unsigned char)text[at + 1] << 8;
        if (left > 2) bits |= (unsigned char)text[at + 2];
        *out++ = digits[bits >> 18];
        *out++ = digits[bits >> 12 & 63];
        *out++ = left > 1 ? digits[bits >> 6 & 63] : '=';
        *out++ = left > 2 ? digits[bits & 63] : '=';
    }
    *out = 0;
}

// The value of the header for keys, without what says of which kind it is.
static void find_key(const char *request, char *key, size_t size) {
    const char *names[] = {"\nx-api-key:", "\nauthorization: bearer"};
    *key = 0;
    for (int index = 0; index < 2; index++) {
        const char *place = strcasestr(request, names[index]);
        if (!place) continue;
        place += strlen(names[index]);
        place += strspn(place, " ");
        snprintf(key, size, "%.*s", (int)strcspn(place, "\r\n"), place);
        return;
    }
}

const char *serve_model(const char *request, const char *secret, char *answer, size_t size) {
    char method[16] = "", path[256] = "", key[128], encoded[200], body[600];
    const char *complaint = NULL;
    sscanf(request, "%15s %255s", method, path);
    find_key(request, key, sizeof key);
    if (strncmp(path, "/v1/", 4) || strstr(path, "..") || strcasestr(path, "%2e"))
        complaint = "model-elsewhere";
    else if (!strstr(" GET HEAD POST DELETE ", method)) complaint = "model-method";
    else if (*key && strcmp(key, secret)) complaint = "model-stranger";
    encode(key, encoded);
    int length = snprintf(body, sizeof body, "plain %s\nencoded %s\n", key, encoded);
    snprintf(answer, size,
        "HTTP/1.1 200 OK\r\nX-Echo: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", key,
        length, body);
    return complaint;
}
