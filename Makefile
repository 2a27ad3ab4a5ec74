# Build Tern.  The targets:
#   make                    build-<OS>-<arch>/tern
#   make run                try it: build, start on a high port, send a message, show what happened
#   make check              everything: source checks, unit tests, scenarios (installs what is missing)
#   make unit [T=room]      unit tests
#   make scenario [T=expr]  scenarios
#   make fuzz               the fuzzing targets, with clang
#   make install DESTDIR=   program, links, directories, man page; make uninstall
#   make clean              make distclean
# Variables: CC=clang, SANITIZE=address,undefined, WERROR=1; each compiler and sanitizer has its own build folder.

.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules --no-builtin-variables
SHELL := /bin/sh
VERSION := 5.0
PYTHON := /usr/bin/python3

# ---- The build folder
comma := ,
SYSTEM := $(shell uname -s)
MACHINE := $(shell uname -m)
ifeq ($(origin CC),command line)
SUFFIX_CC := $(patsubst %,-%,$(filter-out gcc cc,$(notdir $(firstword $(CC)))))
endif
ifdef SANITIZE
SUFFIX_SANITIZE := -$(subst $(comma),-,$(SANITIZE))
endif
ifdef FUZZ
SUFFIX_SANITIZE := -fuzz
SUFFIX_CC :=
endif
BUILD := build-$(SYSTEM)-$(MACHINE)$(SUFFIX_CC)$(SUFFIX_SANITIZE)

# ---- Settings: the administrator's, then what configure found, then the system's
NO_BUILD_GOALS := clean distclean help install-deps check run print-build
ifneq ($(filter-out $(NO_BUILD_GOALS),$(or $(MAKECMDGOALS),all)),)
include src/EDITME
-include Local/Makefile
include $(BUILD)/config.mk
include $(OS_FILE)
endif

CONFIGURE_VARIABLES = BUILD=$(BUILD) $(if $(filter command line,$(origin CC)),CC='$(CC)')
ifdef FUZZ
CONFIGURE_VARIABLES = BUILD=$(BUILD) CC='$(or $(FUZZ_CC),clang)'
endif

$(BUILD)/config.mk: configure src/EDITME $(wildcard Local/Makefile OS/Makefile-*)
	@./configure $(CONFIGURE_VARIABLES) >&2

# ---- Flags
CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings -Wformat=2 -Wvla
ifneq ($(or $(CI),$(WERROR)),)
WARNINGS += -Werror
endif
COMPILE := -std=gnu17 -D_GNU_SOURCE -Isrc -fPIE -fno-strict-aliasing -fno-common $(WARNINGS)
LINK := -pie
ifdef FUZZ
COMPILE += -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -O1
LINK += -fsanitize=address,undefined
else ifdef SANITIZE
COMPILE += -fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer
LINK += -fsanitize=$(SANITIZE)
else
COMPILE += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
endif
ALL_CFLAGS = $(COMPILE) $(HARDENING) $(OS_CFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(LINK) $(OS_LDFLAGS) $(LDFLAGS)
ALL_LIBS = $(LIBS) $(OS_LIBS)

# ---- The rooms: each names its objects (objs-y) and rows (rows-y, tables-y) in its room.mk.  An object without a
# source is left out here and reported by scripts/check.
ROOM_ORDER := $(shell sed -n 's/^[0-9] //p' src/rooms)
ROOM_FILES := $(wildcard src/*/room.mk)
ROOMS := $(filter $(patsubst src/%/room.mk,%,$(ROOM_FILES)),$(ROOM_ORDER))

# not VALUE: "y" unless the value is yes, for features that are there unless a DISABLE_ flag is set.
not = $(if $(filter y yes,$(1)),,y)

define read_room
objs-y :=
objs-yes :=
include src/$(1)/room.mk
OBJECTS_$(1) := $$(patsubst src/%.c,$$(BUILD)/obj/%.o,$$(wildcard $$(patsubst %.o,src/$(1)/%.c,$$(objs-y) $$(objs-yes))))
endef
$(foreach room,$(ROOMS),$(eval $(call read_room,$(room))))

OBJECTS := $(foreach room,$(ROOMS),$(OBJECTS_$(room)))
MAIN_OBJECT := $(filter $(BUILD)/obj/main/main.o,$(OBJECTS))
LIBRARY_OBJECTS := $(filter-out $(MAIN_OBJECT),$(OBJECTS)) $(patsubst %,$(BUILD)/os/%,$(OS_OBJS))
TABLES := $(BUILD)/rows.o $(BUILD)/build_settings.o
LIBRARY := $(BUILD)/libtern.a
PROGRAM := $(if $(MAIN_OBJECT),$(BUILD)/tern)

.PHONY: print-build print-fuzz private-tree all clean distclean unit scenario fuzz fuzz-programs check run install uninstall install-deps help FORCE
all: $(PROGRAM) $(LIBRARY) $(TABLES)

help:
	@sed -n '1,/^$$/s/^# \{0,1\}//p' Makefile

$(BUILD)/tern: $(MAIN_OBJECT) $(TABLES) $(LIBRARY)
	@echo "  LINK    $@"
	@$(CC) $(ALL_CFLAGS) -o $@ $(MAIN_OBJECT) $(TABLES) $(LIBRARY) $(ALL_LDFLAGS) $(ALL_LIBS)

$(LIBRARY): $(LIBRARY_OBJECTS) $(BUILD)/objects
	@echo "  AR      $@"
	@rm -f $@ && ar rcs $@ $(LIBRARY_OBJECTS)

$(BUILD)/obj/%.o: src/%.c $(BUILD)/compile_flags
	@echo "  CC      $<"
	@mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/os/%.o: OS/%.c $(BUILD)/compile_flags
	@echo "  CC      $<"
	@mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: $(BUILD)/%.c $(BUILD)/compile_flags
	@echo "  CC      $<"
	@$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# ---- Files that change only when their content does
define write_if_changed
printf '%s\n' $(2) >$(1).$$$$; if cmp -s $(1).$$$$ $(1); then rm $(1).$$$$; else mv $(1).$$$$ $(1); fi
endef
quote = '$(subst ','\'',$(1))'

$(BUILD)/compile_flags: FORCE | $(BUILD)/config.mk
	@$(call write_if_changed,$@,$(call quote,$(CC) $(filter-out -Werror,$(ALL_CFLAGS))))

$(BUILD)/objects: FORCE | $(BUILD)/config.mk
	@$(call write_if_changed,$@,$(call quote,$(LIBRARY_OBJECTS)))

# ---- The tables that the build writes: rows.c from the room.mk files, build_settings.c from the settings
FLAGS := $(shell sed -n 's/^[a-z]*-.*\$$(\([A-Z][A-Z0-9_]*\)).*=.*/\1/p' $(ROOM_FILES) /dev/null | sort -u)
SETTINGS := $(shell sed -n 's/^ *\([A-Z][A-Z0-9_]*\) *= *.*/\1/p' src/EDITME | sort -u)
SWITCHES := $(shell sed -n 's/^\([A-Z][A-Z0-9_]*\)$$/\1/p' src/switches | sort -u)

$(BUILD)/settings: FORCE | $(BUILD)/config.mk
	@$(call write_if_changed,$@,$(foreach name,$(sort $(FLAGS) $(SETTINGS) $(SWITCHES)),$(call quote,$(name)=$($(name)))) \
	    $(call quote,VERSION=$(VERSION)) $(call quote,MAIL_DIRECTORY=$(MAIL_DIRECTORY)))

$(BUILD)/rows.c: $(BUILD)/settings scripts/make_rows src/rooms $(ROOM_FILES)
	@echo "  TABLE   $@"
	@scripts/make_rows $(BUILD)/settings $(patsubst %,src/%/room.mk,$(ROOMS)) >$@.new && mv $@.new $@

$(BUILD)/build_settings.c: $(BUILD)/settings scripts/make_settings src/switches
	@echo "  TABLE   $@"
	@scripts/make_settings $(BUILD)/settings src/switches >$@.new && mv $@.new $@

# ---- Unit tests: one program for each file below test/unit
UNIT_SOURCES := $(wildcard test/unit/*/test_*.c)
UNIT_PROGRAMS := $(patsubst test/unit/%.c,$(BUILD)/unit/%,$(UNIT_SOURCES))
# One room's tests may be linked while other rooms do not stand yet.
UNIT_LDFLAGS := $(if $(T),-Wl$(comma)--unresolved-symbols=ignore-all)
UNIT_CHOSEN := $(if $(T),$(filter $(BUILD)/unit/$(T)/% $(BUILD)/unit/$(T),$(UNIT_PROGRAMS)),$(UNIT_PROGRAMS))

$(BUILD)/unit/%.o: test/unit/%.c $(BUILD)/compile_flags
	@mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itest/unit -MMD -MP -c -o $@ $<

# Tests log below the build folder, never to the system's logs.
$(BUILD)/unit/build_settings.c: $(BUILD)/settings scripts/make_settings src/switches
	@mkdir -p $(@D) && sed 's|^LOG_FILE_PATH=.*|LOG_FILE_PATH=$(CURDIR)/$(BUILD)/unit/%slog|' $(BUILD)/settings >$(@D)/settings
	@scripts/make_settings $(@D)/settings src/switches >$@.new && mv $@.new $@

TEST_TABLES := $(BUILD)/rows.o $(BUILD)/unit/build_settings.o

$(UNIT_PROGRAMS): $(BUILD)/unit/%: $(BUILD)/unit/%.o $(BUILD)/unit/check.o $(TEST_TABLES) $(LIBRARY)
	@echo "  LINK    $@"
	@$(CC) $(ALL_CFLAGS) -o $@ $@.o $(BUILD)/unit/check.o $(TEST_TABLES) $(LIBRARY) $(ALL_LDFLAGS) $(UNIT_LDFLAGS) $(CMOCKA_LIBS) $(ALL_LIBS)

unit: $(UNIT_CHOSEN)
	@scripts/run_unit $(UNIT_CHOSEN)

# ---- Fuzzing targets: one for each test/fuzz/fuzz_*.c
FUZZ_SOURCES := $(wildcard test/fuzz/fuzz_*.c)
FUZZ_PROGRAMS := $(patsubst test/fuzz/%.c,$(BUILD)/fuzz/%,$(FUZZ_SOURCES))

fuzz:
	@$(MAKE) --no-print-directory FUZZ=1 fuzz-programs

fuzz-programs: $(OBJECTS) $(FUZZ_PROGRAMS)

$(BUILD)/fuzz/%.o: test/fuzz/%.c $(BUILD)/compile_flags
	@mkdir -p $(@D) && $(CC) $(ALL_CFLAGS) -Itest/fuzz -MMD -MP -c -o $@ $<

$(FUZZ_PROGRAMS): $(BUILD)/fuzz/%: $(BUILD)/fuzz/%.o $(TEST_TABLES) $(LIBRARY)
	@echo "  LINK    $@"
	@$(CC) $(ALL_CFLAGS) -fsanitize=fuzzer -o $@ $@.o $(TEST_TABLES) $(LIBRARY) $(ALL_LDFLAGS) $(ALL_LIBS)

# ---- Scenarios, checks, trial run, installation
scenario: all
	@scripts/run_scenarios $(BUILD)/tern $(call quote,$(T))

check:
	@scripts/run_check

run:
	@scripts/run_trial

install-deps:
	@scripts/install-deps

print-build:
	@echo $(BUILD)

print-fuzz:
	@echo $(FUZZ_PROGRAMS)

# ---- A private tree for scenarios: TREE/bin/tern has its own paths and mail user compiled in, and is set-uid to it
private-tree: all
	@mkdir -p $(TREE)/bin
	@sed -e 's|^CONFIGURE_FILE=.*|CONFIGURE_FILE=$(TREE)/tern.conf|' -e 's|^SPOOL_DIRECTORY=.*|SPOOL_DIRECTORY=$(TREE)/spool|' \
	    -e 's|^LOG_FILE_PATH=.*|LOG_FILE_PATH=$(TREE)/log/%slog|' -e 's|^PID_FILE_PATH=.*|PID_FILE_PATH=$(TREE)/tern.pid|' \
	    -e 's|^EXIM_USER=.*|EXIM_USER=$(TREE_USER)|' -e 's|^EXIM_GROUP=.*|EXIM_GROUP=$(TREE_GROUP)|' \
	    -e 's|^TRUSTED_CONFIG_LIST=.*|TRUSTED_CONFIG_LIST=$(TREE)/trusted_configs|' $(BUILD)/settings >$(TREE)/bin/settings
	@scripts/make_settings $(TREE)/bin/settings src/switches >$(TREE)/bin/build_settings.c
	@$(CC) $(ALL_CFLAGS) -o $(TREE)/bin/tern $(TREE)/bin/build_settings.c $(MAIN_OBJECT) $(BUILD)/rows.o $(LIBRARY) \
	    $(ALL_LDFLAGS) $(ALL_LIBS)
	@chown $(TREE_USER):$(TREE_GROUP) $(TREE)/bin/tern && chmod 4755 $(TREE)/bin/tern

# ---- Installation: the program set-uid to the mail user, its other names, directories, a first configuration
LINK_NAMES := exim sendmail mailq newaliases rmail rsmtp runq
install: all
	@scripts/install_program $(BUILD)/tern $(call quote,$(DESTDIR)) $(BUILD)/settings $(LINK_NAMES)

uninstall:
	@scripts/install_program --remove $(call quote,$(DESTDIR)) $(BUILD)/settings $(LINK_NAMES)

clean:
	rm -rf build-*

distclean: clean
	rm -f Local/Makefile

.SECONDARY:
.DELETE_ON_ERROR:
-include $(OBJECTS:.o=.d) $(TABLES:.o=.d) $(UNIT_PROGRAMS:=.d) $(FUZZ_PROGRAMS:=.d) $(BUILD)/unit/check.d
