# ngx_http_erpsync_module
#
#   make                  build/ngx_http_erpsync_module.so against the
#                         installed nginx (Debian's nginx-dev)
#                         and build/erpsyncctl
#   make NGINX_SRC=<dir>  the same against an nginx source tree, release or
#                         git checkout
#   make BUILD=<dir>      everything that is built, there; the checkout may be
#                         read-only
#   make CC=clang         the same by another compiler
#   make STATIC=1 NGINX_SRC=<dir> test
#                         with the module in the nginx binary itself
#   make cli              build/erpsyncctl alone
#   make install          the module into MODULES (nginx's own directory);
#                         erpsyncctl, its man page, completion and the
#                         examples into PREFIX (/usr/local); under DESTDIR
#   make install-cli      erpsyncctl, its man page and completion alone
#   make uninstall        removes what make install wrote, nothing else
#   make demo             gateway and stand-in WebAPI on 127.0.0.1:8080;
#                         WEBAPI=aspnet: on the WebAPI's own framework
#   make test             every test; PARTS="unit suite": these alone;
#                         TESTS="t/04*.t": these files of the suite
#   make test-fresh       demo and test in fresh roots of Debian 12 and 13, as
#                         root; SUITES="trixie"; REUSE=1 with kept roots
#   make dist             build/ngx_http_erpsync_module-<version>.tar.gz, what
#                         is committed
#   make deb              packages for Debian 12 and 13, in fresh roots, as
#                         root: build/deb/; SUITES="trixie"; REUSE=1
#   make test-deb         the same, then installs, upgrades and purges them
#   make reproducible     builds everything twice, in other directories and
#                         at another time: are the bytes the same?
#   make matrix           the tests with many versions and builds of nginx,
#                         and on other machines; writes
#                         docs/compatibility.md; CELLS, TREES
#   make oracle           the gateway against the WebAPI's own framework;
#                         writes docs/compatibility-webapi.md
#   make oracle-accept    the same, and takes its outcomes as they should be
#   make clients          clients in many languages through the gateway
#   make asan             the same under AddressSanitizer and UBSan
#   make lint             compiler warnings, clang-tidy, cppcheck, sizes,
#                         format, layers; CHECKS="layers format": these alone
#   make debug            one nginx process in gdb, with the debug log
#   make compdb           compile_commands.json, for editors and clang's tools
#   make soak             things fail under load, each request is accounted
#                         for; 1,000 refreshes and reloads; latency meanwhile;
#                         writes docs/reliability.md; ONLY="reload clock"
#                         runs these alone and writes nothing
#   make fuzz             what reads bytes of strangers, under libFuzzer;
#                         TARGET="body headers" (t/fuzz), SECONDS=60 of each
#   make mutants          small errors in the code, one at a time: which does
#                         no test notice? N=40 FILES='core/registry/*' SEED=2
#                         JOBS=2; of all files, hours: writes docs/mutants.md
#   make coverage         which lines do unit tests and suite run?  LIST=1
#                         prints those that they do not; PARTS=unit
#   make memcheck         start, requests, reloads and stop under valgrind
#   make image            an image of the gateway, by buildah; BASE, SUITE
#   make test-image       runs it as an ordinary user on a read-only root;
#                         writes its part of docs/deployment.md; as root
#   make test-kubernetes  checks the manifests in deploy/kubernetes
#   make kubernetes-rules writes the alerts as a PrometheusRule
#   make fleet            HAProxy, three gateways, two WebAPIs and etcd, parts of
#                         which fail under load; writes its part of
#                         docs/deployment.md; as root
#   make bench            measures, writes docs/benchmarks.md; ROUNDS, SECONDS
#   make bench-quick      a few minutes' worth of it, printed only
#   make micro            the core alone, beside simdjson, jansson and expat
#   make latency          calls over TLS and HTTP/2, at half load
#   make attacks          the core with bodies made to be slow

SHELL = /bin/bash

comma := ,
top := $(CURDIR)
BUILD = build
build := $(BUILD)
out := $(abspath $(build))
core_dir := ngx_erpsync_module/core
cli_dir := ngx_erpsync_module/cli

CC ?= cc
# Debug information names no directory of this machine: whoever builds the same
# source has the same bytes.
prefix_map := -ffile-prefix-map=$(top)=. -ffile-prefix-map=$(out)=./build

CFLAGS ?= -O2 -g $(prefix_map)
WERROR = -Wno-error
WARN := -std=c11 -D_FILE_OFFSET_BITS=64 -Wall -Wextra $(WERROR)
LIBS := -ljansson -lcrypto -lexpat

PREFIX ?= /usr/local
MODULES ?= $(or $(shell PATH="$$PATH:/usr/sbin:/sbin" nginx -V 2>&1 | \
	sed -n 's/.*--modules-path=\([^ ]*\).*/\1/p'),$(PREFIX)/lib/nginx/modules)

debian_src := /usr/share/nginx/src
NGINX_SRC ?= $(debian_src)
MODULE_CFLAGS ?= -O2 -g -fno-semantic-interposition -fstack-protector-strong \
	-D_FORTIFY_SOURCE=2 -fPIC $(prefix_map)
MODULE_LDFLAGS ?= -Wl,-z,relro -Wl,-z,now -Wl,-Bsymbolic-functions

# Debian's flags fit its own binary; any other tree gets plain ones, and for
# the tests a binary with what they use.
NGINX_FLAGS = $(shell . $(NGINX_SRC)/conf_flags 2>/dev/null \
	&& printf '%q ' "$${NGX_CONF_FLAGS[@]}" || echo --with-compat)
TEST_FLAGS ?= --with-compat --with-debug --with-threads \
	--with-http_ssl_module --with-http_v2_module \
	--with-http_realip_module --with-http_auth_request_module \
	--with-http_addition_module --with-http_stub_status_module

ifeq ($(NGINX_SRC),$(debian_src))
nginx_package := nginx
else
test_binary := $(if $(TEST_NGINX_BINARY),,$(out)/nginx/nginx)
endif

module := $(build)/ngx_http_erpsync_module.so
webapi := $(build)/ngx_http_erpsync_webapi_module.so
modules := $(if $(STATIC),,$(module) $(webapi))
add_module := $(if $(STATIC),--add-module,--add-dynamic-module)
sources := $(wildcard $(core_dir)/*.h $(core_dir)/*/*.[ch] \
	ngx_erpsync_module/nginx/*.[ch])
page := ngx_erpsync_module/status/page.html
core_sources := $(wildcard $(core_dir)/*/*.c)
core_headers := $(wildcard $(core_dir)/*.h $(core_dir)/*/*.h)
core_include := $(addprefix -I,$(core_dir) $(patsubst %/,%, \
	$(sort $(dir $(core_sources)))))
core_objs := $(patsubst $(core_dir)/%.c,$(build)/core/%.o,$(core_sources))
cli := $(build)/erpsyncctl
cli_objs := $(patsubst $(cli_dir)/%.c,$(build)/cli/%.o, \
	$(wildcard $(cli_dir)/*.c))
ctl_objs := $(filter-out %/ctl_main.o,$(cli_objs))
faults := $(build)/faults/memory.so
bench_dir := $(build)/bench
bench_tools := $(addprefix $(bench_dir)/,micro rate upstream core_module.so)
units := $(patsubst t/unit/%.c,$(build)/unit/%,$(wildcard t/unit/*.c))

# Where the scripts and tests find what was built.
export ERPSYNC_BUILD := $(out)

# Which parts "make test" runs, and which files of the suite.
PARTS ?= unit suite e2e oracle clients
export TESTS

.PHONY: all cli mutants erpsyncctl install install-files install-cli \
	install-cli-files uninstall setup-build setup-test setup-bench demo \
	dist deb test-deb reproducible test test-fresh matrix unit units suite \
	suite-needs e2e asan lint memcheck coverage soak fuzz bench bench-quick micro latency attacks \
	oracle oracle-accept oracle-programs clients strict debug compdb clean \
	force
.DELETE_ON_ERROR:

all: setup-build
	@$(MAKE) --no-print-directory $(module) $(cli)

setup-build:
	@tools/setup.sh build $(nginx_package)

setup-test:
	@tools/setup.sh build $(nginx_package) test $(filter e2e,$(PARTS))

setup-bench:
	@tools/setup.sh build nginx bench

# The module, and the stand-in WebAPI of the tests, which is a module, too.
# nginx's configure and make run in a directory of links to the source tree:
# they write there, and the tree may be read-only.
#
# nginx's own flags have -Werror.  -Wno-error follows it, so that a warning of
# another compiler or library does not end the build; "make lint" says -Werror.

configure = cd $(out)/src && env -u CFLAGS LC_ALL=C ./configure $(NGINX_FLAGS) \
	--with-cc='$(CC)' --builddir=$(out)/nginx \
	--with-cc-opt='$(MODULE_CFLAGS) $(WERROR)' \
	--with-ld-opt='$(MODULE_LDFLAGS)' \
	$(add_module)=$(top) $(add_module)=$(top)/t/webapi

nginx_make := $(MAKE) --no-print-directory -C $(build)/src \
	-f $(out)/nginx/Makefile

# Changes when the command does.
$(build)/configure.sh: force
	$(shell mkdir -p $(@D))$(file > $@.new,$(configure))
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

$(build)/nginx/Makefile: config t/webapi/config Makefile $(page) \
		$(build)/configure.sh \
		$(wildcard $(NGINX_SRC)/auto/configure $(NGINX_SRC)/configure) \
		$(sort $(dir $(sources)))
	@rm -rf $(build)/src
	@mkdir -p $(build)/src
	@ln -s $(abspath $(NGINX_SRC))/* $(build)/src
	@rm -f $(build)/src/Makefile
	@[ -e $(build)/src/configure ] \
		|| ln -s auto/configure $(build)/src/configure
	@bash $(build)/configure.sh > $(build)/configure.log \
		|| { tail -n 20 $(build)/configure.log; exit 1; }

$(module): $(build)/nginx/Makefile $(sources)
	@$(nginx_make) $(out)/nginx/$(@F) > $(build)/make.log 2>&1 \
		|| { cat $(build)/make.log; exit 1; }
	@grep -A 5 'warning:' $(build)/make.log || true
	@cp --remove-destination $(build)/nginx/$(@F) $@
	@echo "built $@"

$(webapi): $(build)/nginx/Makefile $(wildcard t/webapi/*.c)
	@$(nginx_make) $(out)/nginx/$(@F) > $(build)/make-webapi.log 2>&1 \
		|| { cat $(build)/make-webapi.log; exit 1; }
	@cp --remove-destination $(build)/nginx/$(@F) $@

$(test_binary): $(build)/nginx/Makefile \
		$(if $(STATIC),$(sources) $(wildcard t/webapi/*.c))
	@$(nginx_make) -j"$$(nproc)" binary > $(build)/make-nginx.log 2>&1 \
		|| { cat $(build)/make-nginx.log; exit 1; }
	@echo "built $@"

# The core, for tests and tools

$(build)/core/%.o: $(core_dir)/%.c $(core_headers) Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(core_include) -fPIC -c -o $@ $<

$(build)/unit/%: t/unit/%.c $(core_objs) $(wildcard t/unit/*.h t/unit/*.opts)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) $(core_include) -It/unit -o $@ $< $(core_objs) \
		$(unit_ldflags) -lcmocka $(LIBS)

# It makes each allocation fail in turn.
$(build)/unit/memory: unit_ldflags := $(addprefix -Wl$(comma)--wrap=, \
	malloc calloc realloc free)

# They make each request to an arena fail in turn.
$(addprefix $(build)/unit/,memory memory_gate): \
	unit_ldflags += @t/unit/scarce.opts
$(build)/unit/memory_gate: unit_ldflags += -Wl,--wrap=EVP_DigestFinal_ex

# It says what time it is.
$(build)/unit/registry_signed: unit_ldflags += -Wl,--wrap=clock_gettime

# It runs commands of erpsyncctl.
$(build)/unit/memory_edits: $(ctl_objs)
$(build)/unit/memory_edits: unit_ldflags += -I$(cli_dir) $(ctl_objs)

# They compare fast paths with the general path.
$(addprefix $(build)/unit/,carriers form form_rows json_fast memory replaced \
	xml xml_rows): \
	unit_ldflags += @t/unit/general.opts

# It counts what the core allocates, and the steps that it takes.  They are
# twice as many without optimization, or with counters of lines.

work_objs := $(patsubst $(core_dir)/%.c,$(build)/work/%.o,$(core_sources))

$(build)/work/%.o: $(core_dir)/%.c $(core_headers) Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out --coverage,$(CFLAGS)) -O2 $(WARN) $(core_include) \
		-fPIC -fsanitize-coverage=trace-pc -c -o $@ $<

$(build)/unit/attacks: t/unit/attacks.c $(work_objs) $(wildcard t/unit/*.h)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(WARN) $(core_include) -It/unit -o $@ $< $(work_objs) \
		$(addprefix -Wl$(comma)--wrap=,malloc calloc realloc free \
		qsort memchr memcmp memcpy memset XML_Parse) -lcmocka $(LIBS)

# malloc() that fails when a test says so: in front of any program, without a
# sanitizer's runtime

$(faults): t/faults/memory.c
	@mkdir -p $(@D)
	@$(CC) -O2 -g $(WARN) -fPIC -shared -o $@ $<

# erpsyncctl

$(build)/cli/%.o: $(cli_dir)/%.c $(wildcard $(cli_dir)/*.h) \
		$(core_headers) Makefile
	@mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(WARN) $(core_include) -fstack-protector-strong -fPIE \
		-c -o $@ $<

$(cli): $(cli_objs) $(core_objs)
	@$(CC) $(CFLAGS) $(LDFLAGS) -pie -Wl,-z,relro -Wl,-z,now -o $@ $^ $(LIBS)
	@echo "built $@"

# erpsyncctl needs no nginx: where that is not Debian's, it stays so.

cli erpsyncctl:
	@tools/setup.sh build
	@$(MAKE) --no-print-directory $(cli)

# What is copied where.  Nothing is written to /etc: the examples are to be
# read and changed first.

bin_dir = $(DESTDIR)$(PREFIX)/bin
man_dir = $(DESTDIR)$(PREFIX)/share/man/man1
completion = $(DESTDIR)$(PREFIX)/share/bash-completion/completions/erpsyncctl
examples_dir = $(DESTDIR)$(PREFIX)/share/doc/ngx_http_erpsync_module/examples
examples := $(shell cd docs/examples && find * -type f)

install: all
	@$(MAKE) --no-print-directory install-files

# What was built, as it is: "make install" builds first.

install-files: install-cli-files
	install -D -m 644 $(module) $(DESTDIR)$(MODULES)/$(notdir $(module))
	$(foreach file,$(examples),install -D \
		-m $(if $(filter %.sh,$(file)),755,644) \
		docs/examples/$(file) $(examples_dir)/$(file) &&) true

install-cli: cli
	@$(MAKE) --no-print-directory install-cli-files

install-cli-files:
	install -D -m 755 $(cli) $(bin_dir)/erpsyncctl
	install -D -m 644 docs/erpsyncctl.1 $(man_dir)/erpsyncctl.1
	install -D -m 644 $(cli_dir)/erpsyncctl.bash-completion $(completion)

uninstall:
	rm -f $(DESTDIR)$(MODULES)/$(notdir $(module)) $(bin_dir)/erpsyncctl \
		$(man_dir)/erpsyncctl.1 $(completion)
	rm -f $(addprefix $(examples_dir)/,$(examples))
	-find $(dir $(examples_dir)) -depth -type d -empty -delete 2> /dev/null

# Tests

demo: all
	@tools/setup.sh demo $(if $(filter aspnet,$(WEBAPI)),oracle)
	@tools/demo.sh

test: setup-test
	@$(MAKE) --no-print-directory $(if $(test_binary),\
		NGINX_FLAGS='$(TEST_FLAGS)') $(modules) $(cli) $(faults) \
		$(test_binary)
	@$(if $(test_binary),TEST_NGINX_BINARY=$(test_binary)) \
		$(if $(STATIC),TEST_NGINX_LOAD_MODULES=) tools/test.sh $(PARTS)

test-fresh:
	@tools/fresh.sh $(SUITES)

# The same bytes for the same commit: its time is the time of every file.

dist_name := ngx_http_erpsync_module-$(shell tools/version.sh)
commit = $(or $(shell git stash create 2> /dev/null),HEAD)

dist:
	@mkdir -p $(build)
	@set -o pipefail; git archive --prefix=$(dist_name)/ $(commit) \
		| gzip -9n > $(build)/$(dist_name).tar.gz
	@echo "built $(build)/$(dist_name).tar.gz"

deb test-deb: dist
	@tools/deb.sh $(if $(filter test-%,$@),--test) $(SUITES)

reproducible: dist
	@tools/setup.sh build nginx reproducible
	@tools/reproducible.sh $(build)/$(dist_name).tar.gz

matrix:
	@tools/matrix.sh $(if $(SHORT),--short) $(CELLS)

units: $(units)

# What "make lint" builds with every warning an error.
strict: $(module) $(webapi) $(cli) $(faults) $(units) $(bench_tools)

unit:
	@tools/test.sh unit

suite: suite-needs
	@tools/test.sh suite

suite-needs: $(module) $(webapi) $(cli) $(faults) $(build)/unit/equivalence

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
	@$(CC) $(CFLAGS) $(WARN) $(core_include) -o $@ $^ $(LIBS)

oracle-programs: $(oracle_dir)/oracle.exe $(oracle_dir)/gate $(module)

oracle oracle-accept:
	@tools/setup.sh build nginx oracle
	@tools/oracle.sh $(if $(filter %accept,$@),--accept) \
		$(if $(BODIES),--bodies $(BODIES))

clients:
	@tools/setup.sh build nginx oracle clients
	@tools/test.sh clients

asan: setup-test $(module) $(cli) $(faults)
	@tools/setup.sh asan
	@tools/test.sh asan

N ?= 450
SEED ?= 1

# Of the whole tree, it writes docs/mutants.md.
mutants: setup-test
	@mkdir -p $(build)
	@tools/mutants.pl --count $(N) --seed $(SEED) $(if $(JOBS),--jobs $(JOBS)) \
		$(if $(AT),--at $(AT), \
		$(if $(FILES),,--report docs/mutants.md)) \
		$(build) $(patsubst %,'%',$(FILES))

coverage: setup-test
	@tools/setup.sh coverage
	@tools/coverage.sh $(if $(LIST),--list) $(filter unit suite,$(PARTS))

memcheck: all
	@tools/setup.sh memcheck
	@tools/memcheck.sh

fuzz:
	@tools/setup.sh build fuzz
	@$(if $(filter command,$(origin SECONDS)),FUZZ_SECONDS=$(SECONDS)) \
		t/fuzz/run.sh $(TARGET)

# A fuzz target: t/fuzz/run.sh has the flags for the core.

$(build)/bin/%: t/fuzz/%.c $(core_objs) $(ctl_objs) \
		$(wildcard t/fuzz/*.h t/unit/*.h t/unit/*.opts)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) -fsanitize=fuzzer $(WARN) $(core_include) -I$(cli_dir) \
		-It/unit -o $@ $(filter %.c %.o,$^) $(target_ldflags) $(LIBS)

$(build)/bin/body: target_ldflags := @t/unit/general.opts

# What fails under load; then refreshes and reloads until a leak would show

soak: setup-test
	@tools/setup.sh soak
	@$(MAKE) --no-print-directory $(module) $(webapi) $(cli)
	@tools/soak/faults.pl $(or $(filter-out refreshes latency,$(ONLY)),\
		$(if $(ONLY),--none,--write docs/reliability.md))
	@$(if $(or $(filter refreshes,$(ONLY)),$(if $(ONLY),,1)),\
		tools/soak/refreshes.sh)
	@$(if $(or $(filter latency,$(ONLY)),$(if $(ONLY),,1)),\
		tools/soak/latency.pl)

# Deployment

.PHONY: image test-image test-kubernetes kubernetes-rules fleet

image:
	@tools/image.sh

test-image: all
	@tools/image-test.sh

test-kubernetes:
	@tools/kubernetes/run.sh

kubernetes-rules:
	@tools/kubernetes/rules.sh > deploy/kubernetes/monitoring/rules.yaml.new
	@mv deploy/kubernetes/monitoring/rules.yaml.new \
		deploy/kubernetes/monitoring/rules.yaml

fleet:
	@tools/setup.sh build nginx fleet
	@$(MAKE) --no-print-directory -s $(module) $(webapi) $(cli)
	@tools/fleet/run.sh

# Benchmarks; the core in the very objects that the module is made of

module_objs := $(patsubst $(core_dir)/%.c,$(build)/nginx/addon/%.o, \
	$(core_sources))

ROUNDS ?= 4
SECONDS ?= 1

# simdjson's on-demand parser is a template, which is compiled for one CPU.

$(bench_dir)/simdjson_c.o: tools/bench/simdjson_c.cpp tools/bench/simdjson_c.h
	@mkdir -p $(@D)
	@$(CXX) -std=c++17 -O3 -march=native -Wall -Wextra $(WERROR) -c -o $@ $<

yyjson := $(wildcard /usr/include/yyjson.h)

$(bench_dir)/micro: tools/bench/micro.c $(bench_dir)/simdjson_c.o $(module)
	@$(CC) $(CFLAGS) $(WARN) $(core_include) $(if $(yyjson),-DHAVE_YYJSON) \
		-o $@ $< $(module_objs) $(bench_dir)/simdjson_c.o $(LIBS) \
		-lsimdjson -lstdc++ $(if $(yyjson),-lyyjson)

nginx_include := $(addprefix -isystem $(build)/src/src/,core event \
	event/modules os/unix http http/modules http/v2) -isystem $(build)/nginx

$(bench_dir)/core_module.so: tools/bench/core_module.c $(module)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) -fPIC -shared $(nginx_include) $(core_include) \
		-o $@ $< $(module_objs) $(LIBS)

$(bench_dir)/%: tools/bench/%.c tools/bench/webapi.c tools/bench/webapi.h
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) -o $@ $(filter %.c,$^)

micro: setup-bench $(bench_dir)/micro
	@node tools/bench/bodies.cjs $(bench_dir)/bodies > /dev/null
	@$(bench_dir)/micro $(bench_dir)/bodies

$(bench_dir)/attacks: tools/bench/attacks.c t/unit/attacks.h $(module)
	@mkdir -p $(@D)
	@$(CC) $(CFLAGS) $(WARN) $(core_include) -It/unit -o $@ $< \
		$(module_objs) $(LIBS)

attacks: setup-build $(bench_dir)/attacks
	@$(bench_dir)/attacks

bench: setup-bench $(module) $(bench_tools)
	@node tools/bench/bench.cjs --rounds $(ROUNDS) --seconds $(SECONDS) \
		$(if $(ONLY),--only $(ONLY))

bench-quick: setup-bench $(module) $(bench_tools)
	@node tools/bench/bench.cjs --quick --rounds 2 --seconds 1 \
		$(if $(ONLY),--only $(ONLY))

latency:
	@$(MAKE) --no-print-directory bench ONLY=http2

lint:
	@tools/setup.sh build nginx lint
	@tools/lint.sh $(CHECKS)

# Without optimization: a debugger sees each line and each variable.
debug: setup-build
	@$(MAKE) --no-print-directory BUILD='$(build)/debug' \
		MODULE_CFLAGS='-O0 -g3 -fPIC' \
		$(if $(test_binary),NGINX_FLAGS='$(TEST_FLAGS)') \
		$(build)/debug/$(notdir $(module)) \
		$(if $(test_binary),$(out)/debug/nginx/nginx)
	@tools/debug.sh $(out)/debug/$(notdir $(module)) \
		$(or $(TEST_NGINX_BINARY),$(if $(test_binary),\
		$(out)/debug/nginx/nginx,nginx))

compdb:
	@tools/compdb.pl $(out) $(CC) $(CFLAGS) $(WARN) $(core_include)

clean:
	rm -rf $(build)
