# The front door: each target is a script or a call of Meson; the build itself is described in meson.build.
BUILD  = build
PREFIX = /usr/local
TIME   = 60

.PHONY: all bootstrap build demo check check-long coverage fuzz bench bench-quick bench-docs install uninstall clean help

all: bootstrap build

bootstrap:
	@scripts/bootstrap build

# Tests and benchmarks are built where what they need is there; `make check` sees to that.
build: bootstrap
	@test -f $(BUILD)/build.ninja || { \
		pkg-config --exists cmocka libpcap && with=true || with=false; \
		scripts/configure $(BUILD) -Dtests=$$with -Dbench=$$with; }
	@ninja -C $(BUILD)

demo:
	@scripts/bootstrap demo
	@$(MAKE) --no-print-directory build
	@BUILD=$(BUILD) scripts/demo

check:
	@scripts/check

# UNTIL: begin no step later than so many seconds after the first.
check-long:
	@scripts/bootstrap check
	@scripts/configure $(BUILD) -Dtests=true -Dbench=true
	@ninja -C $(BUILD)
	@BUILD=$(BUILD) scripts/check-long $(UNTIL)

coverage:
	@scripts/bootstrap check
	@scripts/coverage

# TARGET is one of those in tests/fuzz.
fuzz:
	@scripts/bootstrap check
	@scripts/fuzz "$(TARGET)" "$(TIME)"

# ONLY: sections, with commas between; by default all.
bench bench-quick:
	@scripts/bootstrap check
	@scripts/configure $(BUILD) -Dtests=true -Dbench=true
	@ninja -C $(BUILD)
	@bench/run.py --build $(BUILD) $(if $(ONLY),--only $(ONLY)) $(if $(findstring quick,$@),--quick)

# The table and the picture of docs/PERFORMANCE.md, of what `make bench` has measured.
bench-docs:
	@bench/plot.py $(BUILD)/bench.json docs/performance.svg
	@bench/table.py --into docs/PERFORMANCE.md --picture performance.svg $(BUILD)/bench.json

# Into DESTDIR when given, for packages.
install: build
	@scripts/installation install "$(BUILD)" "$(PREFIX)" "$(DESTDIR)"

# With the same PREFIX and DESTDIR.
uninstall:
	@scripts/installation uninstall "$(BUILD)" "$(PREFIX)" "$(DESTDIR)"

clean:
	rm -rf build build-clang build-asan build-fuzz build-cov

help:
	@echo "make            install what is missing (as root), build"
	@echo "make demo       send, capture, save, compare and send back, in a network of its own"
	@echo "make check      build with gcc and clang, run every test"
	@echo "make check-long what takes too long for make check: a quarter of an hour"
	@echo "make coverage   which lines and branches of lib/ the tests reach"
	@echo "make fuzz       TARGET=name TIME=$(TIME): run a fuzz target for so many seconds"
	@echo "make bench      ONLY=section,...: measure against libpcap, tcpreplay and others, in less than 25 minutes"
	@echo "make bench-quick  the same with few rounds and packets, in about one"
	@echo "make bench-docs the table and the picture of docs/PERFORMANCE.md, of the last make bench"
	@echo "make install    PREFIX=$(PREFIX) DESTDIR="
	@echo "make uninstall  PREFIX=$(PREFIX) DESTDIR=: what make install put there"
	@echo "make clean      remove what was built"
