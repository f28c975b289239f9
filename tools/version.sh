#!/bin/sh
# Prints the version, which one header has.

sed -n 's/^#define ERPSYNC_VERSION  "\(.*\)"$/\1/p' \
    "$(dirname "$0")/../ngx_erpsync_module/core/base/erpsync_version.h"
