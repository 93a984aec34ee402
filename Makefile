# Builds, tests and installs git draft.
#
#   make && sudo make install     PREFIX and DESTDIR as usual
#   make demo                     the whole way from a goal to a landed commit
#   make demo AGENT=claude        its first ticket, by Claude Code and with your key
#   make test                     everything that has to hold
#   make redteam                  every attempt to get out of the sandbox

PREFIX = /usr/local
DESTDIR =
AGENT =
SWIFT = swift

# The compiler keeps caches at home; what runs the tests may have none.
ifneq ($(shell test -w "$$HOME" && echo yes),yes)
export HOME := $(CURDIR)/.build/home
$(shell mkdir -p "$(CURDIR)/.build/home")
endif

# What git draft starts by itself, and no one else.
HELPERS = git-draft-cell git-draft-service git-draft-probe

RELEASE = .build/release
BINARY = $(RELEASE)/git-draft
HELPER_BINARIES = $(addprefix $(RELEASE)/,$(HELPERS))
LIBEXEC = $(DESTDIR)$(PREFIX)/libexec/git-draft
PAGES = .build/man
SOURCES = Package.swift $(shell find Sources -type f)

build: $(BINARY) $(HELPER_BINARIES) $(PAGES)

# No toolchain is needed to install what has been built, hence real prerequisites.
$(BINARY) $(HELPER_BINARIES): $(SOURCES)
	$(SWIFT) build -c release --product $(@F) --static-swift-stdlib -Xlinker -s
	touch -c $@

$(PAGES): $(BINARY)
	rm -rf $@ $@.new
	$(BINARY) _manual --all $@.new
	mv $@.new $@

install: build
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/git-draft
	install -d $(LIBEXEC)
	install -m 755 $(HELPER_BINARIES) $(LIBEXEC)
	install -d $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 $(PAGES)/*.1 $(DESTDIR)$(PREFIX)/share/man/man1

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/git-draft
	rm -f $(addprefix $(LIBEXEC)/,$(HELPERS))
	[ ! -d $(LIBEXEC) ] || rmdir --ignore-fail-on-non-empty $(LIBEXEC)
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/git-draft.1
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/git-draft-*.1

dependencies:
	tools/install-dependencies

# The tests reuse what the demonstration has built.
demo: dependencies
	for product in git-draft $(HELPERS); do $(SWIFT) build --product $$product || exit; done
	DEMO_AGENT=$(AGENT) tools/demo

# The shells are for what completes commands in them.
test-dependencies:
	tools/install-dependencies zsh fish groff-base podman runc uidmap

# What real agents, containers and the newer git are called off with is said last.
test: test-dependencies agents newer-git lint
	$(SWIFT) build --build-tests
	rm -rf .build/demo
	DEMO_DIR=.build/demo tools/demo </dev/null >.build/demo.log 2>&1 || \
	    { cat .build/demo.log; exit 1; }
	@echo "the demonstration passed; what it printed is in .build/demo.log"
	tools/test

agents: test-dependencies
	[ "$$SKIP_REAL_AGENTS" = 1 ] || \
	    { tools/install-dependencies python3-venv strace && tools/install-agents; }

newer-git: test-dependencies
	[ "$$SKIP_NEWER_GIT" = 1 ] || \
	    { tools/install-dependencies strace && tools/install-newer-git; }

test-user: test-dependencies agents newer-git
	$(SWIFT) build --build-tests
	tools/test-user

test-install:
	tools/test-install

# Every attempt to get out of the sandbox, in what works here; the tests make one in ten.
redteam: dependencies
	for product in git-draft $(HELPERS); do $(SWIFT) build --product $$product || exit; done
	.build/debug/git-draft redteam

bench: dependencies build
	bench/run

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests
	tools/lint

clean:
	rm -rf .build

.PHONY: build install uninstall dependencies test-dependencies agents newer-git demo test test-user test-install bench redteam format lint clean
.DELETE_ON_ERROR:
