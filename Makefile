# ngx_http_erpsync_module
#
#   make                  build/ngx_http_erpsync_module.so against the
#                         installed nginx (Debian's nginx-dev)
#   make NGINX_SRC=<dir>  the same against an nginx source tree
#   make demo             gateway and stand-in WebAPI on 127.0.0.1:8080
#   make test             every test
#   make asan             the same under AddressSanitizer and UBSan
#   make lint             compiler warnings, clang-tidy, cppcheck, layers
#   make memcheck         start, requests, reloads and stop under valgrind

SHELL = /bin/bash

comma := ,
top := $(CURDIR)
build := build
core_dir := ngx_erpsync_module/core

CC ?= cc
CFLAGS ?= -O2 -g
WARN := -std=c11 -Wall -Wextra -Werror
LIBS := -ljansson -lcrypto -lexpat

NGINX_SRC ?= /usr/share/nginx/src
MODULE_CFLAGS ?= -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIC
MODULE_LDFLAGS ?= -Wl,-z,relro -Wl,-z,now

# Debian's flags fit its own binary; any other tree gets plain ones.
NGINX_FLAGS = $(shell . $(NGINX_SRC)/conf_flags 2>/dev/null \
	&& printf '%q ' "$${NGX_CONF_FLAGS[@]}" || echo --with-compat)

module := $(build)/ngx_http_erpsync_module.so
sources := $(wildcard ngx_erpsync_module/*/*.[ch])
core_objs := $(patsubst $(core_dir)/%.c,$(build)/core/%.o, \
	$(wildcard $(core_dir)/*.c))
units := $(patsubst t/unit/%.c,$(build)/unit/%,$(wildcard t/unit/*.c))

.PHONY: all setup-build setup-test demo test unit units suite e2e asan \
	lint memcheck clean
.DELETE_ON_ERROR:

all: setup-build
	@$(MAKE) --no-print-directory $(module)

setup-build:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh build test

# The module

$(build)/nginx/Makefile: config Makefile \
		$(wildcard $(NGINX_SRC)/configure) \
		$(sort $(dir $(sources)))
	@mkdir -p $(build)
	@cd $(NGINX_SRC) && ./configure $(NGINX_FLAGS) \
		--with-cc-opt='$(MODULE_CFLAGS)' \
		--with-ld-opt='$(MODULE_LDFLAGS)' \
		--builddir=$(top)/$(build)/nginx \
		--add-dynamic-module=$(top) > $(top)/$(build)/configure.log \
		|| { tail -n 20 $(top)/$(build)/configure.log; exit 1; }

$(module): $(build)/nginx/Makefile $(sources)
	@$(MAKE) --no-print-directory -C $(NGINX_SRC) \
		-f $(top)/$(build)/nginx/Makefile modules \
		> $(build)/make.log 2>&1 \
		|| { cat $(build)/make.log; exit 1; }
	@cp $(build)/nginx/ngx_http_erpsync_module.so $@
	@echo "built $@"

# The core, for tests and tools

$(build)/core/%.o: $(core_dir)/%.c $(wildcard $(core_dir)/*.h) Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -fPIC -c -o $@ $<

$(build)/unit/%: t/unit/%.c $(core_objs) $(wildcard t/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) -I$(core_dir) -It/unit -o $@ $< $(core_objs) \
		$(unit_ldflags) -lcmocka $(LIBS)

# It counts what the core allocates.
$(build)/unit/attacks: unit_ldflags := $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc free qsort)

# Tests

demo: all
	@tools/setup.sh demo
	@tools/demo.sh

test: setup-test
	@$(MAKE) --no-print-directory $(module)
	@tools/test.sh unit suite e2e

units: $(units)

unit:
	@tools/test.sh unit

suite: $(module) $(build)/unit/equivalence
	@tools/test.sh suite

e2e: $(module)
	@tools/test.sh e2e

asan: setup-test
	@tools/setup.sh asan
	@tools/test.sh asan

memcheck: all
	@tools/setup.sh memcheck
	@tools/memcheck.sh

lint:
	@tools/setup.sh build lint
	@tools/lint.sh

clean:
	rm -rf $(build)
