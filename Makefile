# ngx_http_erpsync_module
#
#   make                  build/ngx_http_erpsync_module.so against the
#                         installed nginx (Debian's nginx-dev)
#                         and build/erpsyncctl
#   make NGINX_SRC=<dir>  the same against an nginx source tree
#   make cli              build/erpsyncctl alone
#   make install-cli      erpsyncctl, its man page and completion, into
#                         PREFIX (/usr/local), under DESTDIR
#   make demo             gateway and stand-in WebAPI on 127.0.0.1:8080;
#                         WEBAPI=aspnet: on the WebAPI's own framework
#   make test             every test
#   make oracle           the gateway against the WebAPI's own framework;
#                         writes docs/compatibility-webapi.md
#   make oracle-accept    the same, and takes its outcomes as they should be
#   make clients          clients in many languages through the gateway
#   make asan             the same under AddressSanitizer and UBSan
#   make lint             compiler warnings, clang-tidy, cppcheck, layers
#   make soak             1,000 refreshes and reloads; latency meanwhile
#   make fuzz             body decoders under libFuzzer; FUZZ_SECONDS=60
#   make memcheck         start, requests, reloads and stop under valgrind
#   make bench            measures, writes docs/benchmarks.md; ROUNDS, SECONDS
#   make bench-quick      a few minutes' worth of it, printed only
#   make micro            the core alone

SHELL = /bin/bash

comma := ,
top := $(CURDIR)
build := build
core_dir := ngx_erpsync_module/core
cli_dir := ngx_erpsync_module/cli

CC ?= cc
CFLAGS ?= -O2 -g
WARN := -std=c11 -Wall -Wextra -Werror
LIBS := -ljansson -lcrypto -lexpat

PREFIX ?= /usr/local

NGINX_SRC ?= /usr/share/nginx/src
MODULE_CFLAGS ?= -O2 -g -fno-semantic-interposition -fstack-protector-strong \
	-D_FORTIFY_SOURCE=2 -fPIC
MODULE_LDFLAGS ?= -Wl,-z,relro -Wl,-z,now -Wl,-Bsymbolic-functions

# Debian's flags fit its own binary; any other tree gets plain ones.
NGINX_FLAGS = $(shell . $(NGINX_SRC)/conf_flags 2>/dev/null \
	&& printf '%q ' "$${NGX_CONF_FLAGS[@]}" || echo --with-compat)

module := $(build)/ngx_http_erpsync_module.so
sources := $(wildcard ngx_erpsync_module/core/*.[ch] \
	ngx_erpsync_module/nginx/*.[ch])
page := ngx_erpsync_module/status/page.html
core_objs := $(patsubst $(core_dir)/%.c,$(build)/core/%.o, \
	$(wildcard $(core_dir)/*.c))
cli := $(build)/erpsyncctl
cli_objs := $(patsubst $(cli_dir)/%.c,$(build)/cli/%.o, \
	$(wildcard $(cli_dir)/*.c))
units := $(patsubst t/unit/%.c,$(build)/unit/%,$(wildcard t/unit/*.c))

.PHONY: all cli erpsyncctl install-cli setup-build setup-test setup-bench \
	demo test unit units suite e2e asan lint memcheck soak fuzz bench \
	bench-quick micro oracle oracle-accept oracle-programs clients clean
.DELETE_ON_ERROR:

all: setup-build
	@$(MAKE) --no-print-directory $(module) $(cli)

setup-build:
	@tools/setup.sh build

setup-test:
	@tools/setup.sh build test

setup-bench:
	@tools/setup.sh build bench

# The module

$(build)/nginx/Makefile: config Makefile $(page) \
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

# erpsyncctl

$(build)/cli/%.o: $(cli_dir)/%.c $(wildcard $(cli_dir)/*.h) \
		$(wildcard $(core_dir)/*.h) Makefile
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) -I$(core_dir) -fstack-protector-strong -fPIE \
		-c -o $@ $<

$(cli): $(cli_objs) $(core_objs)
	@$(CC) $(CFLAGS) -pie -Wl,-z,relro -Wl,-z,now -o $@ $^ $(LIBS)
	@echo "built $@"

cli erpsyncctl: setup-build
	@$(MAKE) --no-print-directory $(cli)

install-cli: cli
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(cli) $(DESTDIR)$(PREFIX)/bin/erpsyncctl
	install -m 644 docs/erpsyncctl.1 $(DESTDIR)$(PREFIX)/share/man/man1/
	install -m 644 $(cli_dir)/erpsyncctl.bash-completion \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/erpsyncctl

# Tests

demo: all
	@tools/setup.sh demo $(if $(filter aspnet,$(WEBAPI)),oracle)
	@tools/demo.sh

test: setup-test
	@$(MAKE) --no-print-directory $(module) $(cli)
	@tools/test.sh unit suite e2e oracle clients

units: $(units)

unit:
	@tools/test.sh unit

suite: $(module) $(cli) $(build)/unit/equivalence
	@tools/test.sh suite

e2e: $(module)
	@tools/test.sh e2e

# The stand-in WebAPI on the framework that the WebAPI is built on

oracle_dir := $(build)/oracle
newtonsoft := /usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll

$(oracle_dir)/Carriers.cs: t/oracle/classes.pl t/oracle/webapi.txt \
		t/oracle/lib/WebApi.pm
	@mkdir -p $(@D)
	@perl $< > $@

$(oracle_dir)/oracle.exe: $(wildcard t/oracle/*.cs) $(oracle_dir)/Carriers.cs
	@cp -f $(newtonsoft) $(@D)/
	@mcs -nologo -warnaserror -nowarn:1701,1702 -out:$@ \
		$(addprefix -r:,System.Net.Http System.Net.Http.Formatting \
		System.Web.Http System.Runtime.Serialization \
		Json=$(newtonsoft)) $^

$(oracle_dir)/gate: t/oracle/gate.c $(core_objs)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) -I$(core_dir) -o $@ $^ $(LIBS)

oracle-programs: $(oracle_dir)/oracle.exe $(oracle_dir)/gate $(module)

oracle oracle-accept:
	@tools/setup.sh build oracle
	@tools/oracle.sh $(if $(filter %accept,$@),--accept) \
		$(if $(BODIES),--bodies $(BODIES))

clients:
	@tools/setup.sh build oracle clients
	@tools/test.sh clients

asan: setup-test
	@tools/setup.sh asan
	@tools/test.sh asan

memcheck: all
	@tools/setup.sh memcheck
	@tools/memcheck.sh

fuzz:
	@tools/setup.sh build fuzz
	@tools/fuzz/run.sh

soak: all
	@tools/soak.sh refresh
	@tools/soak-latency.pl

# Benchmarks; the core in the very objects that the module is made of

bench_dir := $(build)/bench
module_objs := $(patsubst $(core_dir)/%.c,$(build)/nginx/addon/core/%.o, \
	$(wildcard $(core_dir)/*.c))

ROUNDS ?= 5
SECONDS ?= 2

$(bench_dir)/micro: tools/bench/micro.c $(module)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) -I$(core_dir) -o $@ $< $(module_objs) $(LIBS)

$(bench_dir)/%: tools/bench/%.c tools/bench/webapi.c tools/bench/webapi.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) -o $@ $(filter %.c,$^)

micro: setup-bench $(bench_dir)/micro
	@node tools/bench/bodies.cjs $(bench_dir)/bodies > /dev/null
	@$(bench_dir)/micro $(bench_dir)/bodies

bench_tools := $(addprefix $(bench_dir)/,micro rate upstream)

bench: setup-bench $(module) $(bench_tools)
	@node tools/bench/bench.cjs --rounds $(ROUNDS) --seconds $(SECONDS) \
		$(if $(ONLY),--only $(ONLY))

bench-quick: setup-bench $(module) $(bench_tools)
	@node tools/bench/bench.cjs --quick --rounds 2 --seconds 1 \
		$(if $(ONLY),--only $(ONLY))

lint:
	@tools/setup.sh build lint
	@tools/lint.sh

clean:
	rm -rf $(build)
