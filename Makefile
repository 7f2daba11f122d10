# The whole build. `make help` lists the targets; everything is made in build/<variant>/.
# Non-recursive: sources are found per layer, each layer of lib/LAYERS is an archive of its own,
# and a test links its layer and what that layer may use, so a call upwards does not link.

VERSION := 0.1.0
VARIANT ?= release
BUILD   ?= build
O       := $(BUILD)/$(VARIANT)
PREFIX  ?= /usr/local
DESTDIR ?=
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
say      = $(if $(filter 1,$(V)),,@printf '  %-8s %s\n' "$(1)" "$(2)";)

CC         ?= gcc
PKG_CONFIG ?= pkg-config

LAYERS := $(shell awk '!/^\#/ && NF { print $$1 }' lib/LAYERS)
PKGS   := jansson libpcre2-8 libgit2 libcurl libmicrohttpd gnutls libcrypto libssl zlib \
	  libsystemd sqlite3 libseccomp luajit libpq

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef \
	-Wvla -Wwrite-strings -Wpointer-arith -Wcast-qual -Wnull-dereference \
	-Wold-style-definition -Wdate-time
WARNINGS_gcc := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Wformat-signedness \
	-Wimplicit-fallthrough=5
IS_CLANG := $(findstring clang,$(shell $(CC) --version 2>/dev/null))
WERROR   ?= -Werror

HARDENING := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong \
	-fstack-clash-protection -ftrivial-auto-var-init=zero -fno-strict-aliasing -fPIE
MACHINE   := $(shell uname -m)
HARDENING += $(if $(filter x86_64,$(MACHINE)),-fcf-protection=full)
HARDENING += $(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
LINKING   := -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code -Wl,--as-needed

CFLAGS_release  := -O2 -g $(HARDENING)
LDFLAGS_release := $(LINKING)
SANITIZERS      := -fsanitize=address,undefined -fno-sanitize-recover=undefined
CFLAGS_asan     := -O1 -g -fno-omit-frame-pointer $(SANITIZERS) -DRC_SANITIZED=1
LDFLAGS_asan    := -Wl,--as-needed $(SANITIZERS)
CFLAGS_coverage := -O0 -g --coverage
LDFLAGS_coverage := -Wl,--as-needed --coverage
CFLAGS_analyze  := -O1 -g -fanalyzer
CFLAGS_fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined \
	-fno-sanitize-recover=undefined -DRC_SANITIZED=1
LDFLAGS_fuzz    := -fsanitize=address,undefined

PKG_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(PKGS) 2>/dev/null)
PKG_LIBS   := $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null) -lev -lcrypt -ljq -lm
CHECK_LIBS := $(shell $(PKG_CONFIG) --libs check 2>/dev/null)

ALL_CFLAGS = -std=gnu17 -D_GNU_SOURCE -Ilib -MMD -MP $(WARNINGS) $(WERROR) \
	$(if $(IS_CLANG),-Wno-format-nonliteral,$(WARNINGS_gcc)) $(CFLAGS_$(VARIANT)) \
	-ffile-prefix-map=$(CURDIR)=. $(PKG_CFLAGS) $(CFLAGS)

# ---------------------------------------------------------------- what there is
layer_src = $(sort $(wildcard lib/$(1)/*.c))
# The layers that layer $(1) may use, below it last: the order archives are linked in.
uses       = $(shell awk -v l=$(1) '$$1 == l { gsub(",", " ", $$2); if ($$2 != "-") print $$2 }' lib/LAYERS)
reversed   = $(if $(1),$(call reversed,$(wordlist 2,$(words $(1)),$(1))) $(firstword $(1)))
archive    = $(O)/lib/lib$(1).a
link_order = $(call reversed,$(filter $(LAYERS),$(LAYERS)))
BUILT      := $(foreach l,$(LAYERS),$(if $(wildcard lib/$(l)/*.c),$(l)))
ARCHIVES   := $(foreach l,$(call reversed,$(BUILT)),$(call archive,$(l)))

objects = $(patsubst %.c,$(O)/obj/%.o,$(1))

DAEMON_SRC := $(sort $(wildcard daemon/*.c daemon/api/*.c daemon/web/*.c))
# What daemon and command share.
CONFIG_SRC := $(sort $(wildcard daemon/config*.c))
CTL_SRC    := $(sort $(wildcard daemon/ctl/*.c)) $(CONFIG_SRC)
# reconcilectl starts in milliseconds because it links only what its commands need.
CTL_LAYERS := gitops helm template data base

SUPPORT    := $(patsubst tests/support/%/,%,$(sort $(dir $(wildcard tests/support/*/*.c))))
TEST_SRC   := $(sort $(wildcard $(foreach l,$(LAYERS) daemon,tests/$(l)/test_*.c)))
TESTS      := $(patsubst tests/%.c,$(O)/tests/%,$(TEST_SRC))
SCRIPTS    := $(sort $(wildcard tests/*/test_*.sh))
FUZZ_SRC   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(FUZZ_SRC))
REPLAYS    := $(patsubst %,$(O)/tests/fuzz/replay_%,$(FUZZ_NAMES))

PROGRAMS := $(if $(DAEMON_SRC),$(O)/reconciled) $(if $(CTL_SRC),$(O)/reconcilectl)
FAKES    := $(patsubst %,$(O)/support/%,$(SUPPORT))

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all
all: $(PROGRAMS) ## build reconciled and reconcilectl (the default)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '  %s\n' 'Variables: VARIANT=release|asan|coverage|analyze  V=1  PREFIX=  DESTDIR=  KEEP=1'

# ---------------------------------------------------------------- how it is made
$(O)/obj/%.o: %.c Makefile
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_$(firstword $(subst /, ,$<))) -c -o $@ $<

# What the page consists of is part of this object.
$(O)/obj/daemon/web/assets.o: $(wildcard daemon/web/static/*)

EXTRA_daemon := -Idaemon -DRC_VERSION='"$(VERSION)"'
EXTRA_tests  := -Itests -Idaemon -Wno-null-dereference

define layer_rule
$(call archive,$(1)): $(call objects,$(call layer_src,$(1)))
	$$(call say,AR,$$@)
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(Q)ar rcsD $$@ $$^
endef
$(foreach l,$(BUILT),$(eval $(call layer_rule,$(l))))

LINK = $(CC) $(LDFLAGS_$(VARIANT)) $(LDFLAGS) -o $@

$(O)/reconciled: $(call objects,$(DAEMON_SRC)) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) $^ $(PKG_LIBS)

$(O)/reconcilectl: $(call objects,$(CTL_SRC)) $(foreach l,$(filter $(BUILT),$(CTL_LAYERS)),$(call archive,$(l)))
	$(call say,LINK,$@)
	$(Q)$(LINK) $^ $(PKG_LIBS)

# A stand-in server: tests/support/<name>/*.c, with what the library offers.
define support_rule
$(O)/support/$(1): $(call objects,$(sort $(wildcard tests/support/$(1)/*.c))) $(ARCHIVES)
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(LINK) $$^ $$(PKG_LIBS)
endef
$(foreach s,$(SUPPORT),$(eval $(call support_rule,$(s))))

# A layer, those it uses, and those that these use.
closure = $(1) $(call uses,$(1)) $(foreach u,$(call uses,$(1)),$(call uses,$(u)))

# A test: its file, the helpers of its folder (tests/<layer>/*.c that are no test), its layers.
define test_rule
$(O)/tests/$(1)/%: $(O)/obj/tests/$(1)/%.o \
	$(call objects,$(filter-out tests/$(1)/test_%,$(sort $(wildcard tests/$(1)/*.c))) \
		$(if $(filter daemon,$(1)),$(CONFIG_SRC))) \
	$(foreach l,$(filter $(if $(filter daemon,$(1)),$(BUILT),$(call closure,$(1))),$(call reversed,$(BUILT))),$(call archive,$(l)))
	$$(call say,LINK,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(LINK) $$^ $$(CHECK_LIBS) $$(PKG_LIBS)
endef
$(foreach l,$(LAYERS) daemon,$(eval $(call test_rule,$(l))))

# The corpus of a fuzz harness is replayed by a plain program in `make check`.
$(O)/tests/fuzz/replay_%: $(O)/obj/tests/fuzz/fuzz_%.o $(O)/obj/tests/fuzz/replay.o \
	$(call objects,$(CONFIG_SRC)) $(ARCHIVES)
	$(call say,LINK,$@)
	@mkdir -p $(@D)
	$(Q)$(LINK) $^ $(PKG_LIBS)

$(O)/fuzz_%: $(O)/obj/tests/fuzz/fuzz_%.o $(call objects,$(CONFIG_SRC)) $(ARCHIVES)
	$(call say,LINK,$@)
	$(Q)$(LINK) -fsanitize=fuzzer $^ $(PKG_LIBS)

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# ---------------------------------------------------------------- what can be asked
.PHONY: deps
deps: ## install what the build and the tests need, by the distribution's packages
	$(Q)packaging/deps

.PHONY: check
check: deps ## all tests that need no outside system
	$(Q)$(MAKE) --no-print-directory check-built

.PHONY: test-programs
test-programs: all $(TESTS) $(REPLAYS) $(FAKES) ## build all tests and stand-in servers, run none

.PHONY: check-built
check-built: test-programs
	$(Q)O=$(O) tests/run $(TESTS) $(REPLAYS) $(SCRIPTS)

.PHONY: memcheck
memcheck: export TEST_TIMEOUT := 1800
memcheck: test-programs ## the unit tests, and a run of the daemon, under valgrind
	$(Q)O=$(O) CK_FORK=no UNDER="valgrind -q --leak-check=full --error-exitcode=99" tests/run $(TESTS)
	$(Q)O=$(O) tests/memcheck/run

.PHONY: fuzz
fuzz: ## explore with libFuzzer: make fuzz F=<noun> [SECONDS=600]
	$(Q)$(MAKE) --no-print-directory CC=clang VARIANT=fuzz $(BUILD)/fuzz/fuzz_$(F)
	$(Q)mkdir -p $(BUILD)/fuzz/corpus_$(F) tests/fuzz/corpus/$(F)
	$(Q)$(BUILD)/fuzz/fuzz_$(F) -max_total_time=$(or $(SECONDS),600) -timeout=10 -rss_limit_mb=2048 \
		-artifact_prefix=$(BUILD)/fuzz/$(F)- $(BUILD)/fuzz/corpus_$(F) tests/fuzz/corpus/$(F)

.PHONY: fuzz-programs
fuzz-programs: ## build every fuzz harness, run none
	$(Q)$(MAKE) --no-print-directory CC=clang VARIANT=fuzz \
		$(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))

.PHONY: demo
demo: deps ## the main job, on our in-memory Kubernetes API and a stand-in Vault (KEEP=1 leaves it running)
	$(Q)$(MAKE) --no-print-directory all $(FAKES)
	$(Q)O=$(O) KEEP=$(KEEP) tests/demo/run

.PHONY: bench
bench: all $(FAKES) ## time and memory beside the real peers, in one run (PEER=argocd: beside Argo CD, takes long)
	$(Q)O=$(O) tests/bench/$(or $(PEER),run)

.PHONY: peers
peers: ## get the real peers the conformance suites use (Kubernetes, etcd, Helm, ...), once; takes go or npm
	$(Q)tests/peers/get

.PHONY: conformance
conformance: all $(FAKES) ## the same suites against the real peers: make conformance [PEER=helm|kubernetes|...]
	$(Q)O=$(O) PEER=$(PEER) tests/conformance/run

.PHONY: pictures
pictures: all $(FAKES) ## of each view of the page, light and dark, wide and narrow, into build/pictures
	$(Q)O=$(O) PEER=browser PICTURES=$(abspath $(BUILD))/pictures tests/conformance/run

.PHONY: differential
differential: all ## small charts made from a seed, beside Helm: make differential [SEED=] [COUNT=1000] [KIND=]
	$(Q)O=$(O) SEED=$(SEED) COUNT=$(COUNT) KIND=$(KIND) tests/differential/run

.PHONY: soak
soak: all $(FAKES) ## ten minutes of failing API server, Git remote and Vault; memory must not grow
	$(Q)O=$(O) tests/soak/run

.PHONY: chaos
chaos: all $(FAKES) ## the daemon killed at 200 random moments: make chaos [SEED=] [KILLS=200]
	$(Q)O=$(O) tests/chaos/run

.PHONY: kills
kills: all ## terraform and, separately, the daemon killed at 100 random moments of runs: make kills [SEED=] [KILLS=100] [TERRAFORM=]
	$(Q)O=$(O) tests/terraform/kills

.PHONY: simulation
simulation: all $(FAKES) ## hours of a platform in minutes, from a seed: make simulation [HOURS=24] [SEED=] [CLUSTER=kubernetes|memory]
	$(Q)O=$(O) HOURS=$(or $(HOURS),24) CLUSTER=$(or $(CLUSTER),kubernetes) $(if $(SEED),SEED=$(SEED)) tests/simulation/run

.PHONY: mutants
mutants: ## each reconciler broken on purpose: the demo must notice
	$(Q)tests/mutants/run

.PHONY: proofs
proofs: ## each rule taken out, one at a time: its test must notice; long: make proofs [ONLY=] [TABLE=]
	$(Q)ONLY="$(ONLY)" TABLE="$(TABLE)" tests/proofs/run

.PHONY: lint
lint: ## layers, headers alone, names, sizes, calls we do without, formatting, man pages
	$(Q)$(MAKE) --no-print-directory all
	$(Q)O=$(O) CC="$(CC)" CFLAGS="-std=gnu17 -D_GNU_SOURCE -Ilib $(PKG_CFLAGS)" tests/lint/run

.PHONY: format
format: ## clang-format over all our C
	$(Q)git ls-files '*.c' '*.h' | xargs clang-format -i

.PHONY: coverage
coverage: ## line coverage of make check, per layer
	$(Q)$(MAKE) --no-print-directory VARIANT=coverage check-built
	$(Q)BUILD=$(BUILD) tests/lint/coverage

.PHONY: analyze
analyze: ## gcc -fanalyzer over everything
	$(Q)$(MAKE) --no-print-directory VARIANT=analyze all

# What is installed: the API server in memory, too, for the quick start.
.PHONY: programs
programs: all $(O)/support/kubeapi

.PHONY: install
install: programs ## install to $(DESTDIR)$(PREFIX)
	$(Q)DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" O=$(O) packaging/install

.PHONY: deb
deb: ## build a Debian package into build/packages
	$(Q)VERSION=$(VERSION) BUILD=$(BUILD) packaging/build-deb

.PHONY: rpm
rpm: ## build an RPM package into build/packages
	$(Q)VERSION=$(VERSION) BUILD=$(BUILD) packaging/build-rpm

.PHONY: packaging-check
packaging-check: ## both packages installed into bare roots, tried there and removed (root, debootstrap)
	$(Q)BUILD=$(BUILD) tests/packaging/run

.PHONY: reproducible
reproducible: ## both packages built twice, in different folders: equal bit by bit (CC="ccache gcc" makes it cheap)
	$(Q)CC="$(CC)" tests/packaging/reproducible

.PHONY: clean
clean: ## remove build/
	$(Q)rm -rf $(BUILD)
