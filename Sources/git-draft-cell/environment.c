#define _GNU_SOURCE
#include "cell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How the variables are called that carry others; what starts us heeds none of that name. */
static const char carrier[] = "DRAFT_CELL_";

/* More than any command line or environment can hold. */
enum { most_variables = 1000000 };

static int has_name_of(const char *entry, const char *other) {
    size_t length = strcspn(other, "=");
    return strncmp(entry, other, length) == 0 && entry[length] == '=';
}

static char *carried(unsigned long long number) {
    char name[sizeof carrier + 24];
    snprintf(name, sizeof name, "%s%llu", carrier, number);
    char *entry = getenv(name);
    if (!entry || !strchr(entry, '=') || entry[0] == '=')
        fail(status_failed, "variable '%s' does not hold NAME=VALUE", name);
    return entry;
}

void take_environment(unsigned long long count, int keeps_others) {
    size_t present = 0, length = 0;
    if (count > most_variables) fail(status_failed, "%llu variables are too many", count);
    while (environ[present]) present++;
    char **taken = calloc(present + count + 1, sizeof *taken);
    if (!taken) fail_errno(status_failed, "cannot take the environment");
    while (length < count) {
        taken[length] = carried(length);
        length++;
    }
    for (size_t i = 0; keeps_others && i < present; i++) {
        int is_replaced = strncmp(environ[i], carrier, sizeof carrier - 1) == 0;
        for (size_t j = 0; !is_replaced && j < count; j++)
            is_replaced = has_name_of(environ[i], taken[j]);
        if (!is_replaced) taken[length++] = environ[i];
    }
    environ = taken;
}
