# SPDX-License-Identifier: GPL-2.0-only
# `make help` tells what there is. Kbuild is the module's own makefile; tools/Makefile that of the user side.

KERNELDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=

VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
KERNEL = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KERNELDIR)/include/generated/utsrelease.h)
DKMS_SOURCE := /usr/src/sectun-$(VERSION)

# On all processors unless the caller said how many.
parallel = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))
kbuild = $(MAKE) $(parallel) -C $(KERNELDIR) M=$(CURDIR)

.DEFAULT_GOAL := module

## build

module: kernel-headers ## the module, for the running kernel or the one in KERNELDIR=
	$(kbuild) modules

tools: ## libsectun and the `sectun` command, in build/tools
	$(MAKE) $(parallel) -C tools

generate: ## the netlink header and policies, from Documentation/netlink/specs/sectun.yaml
	python3 Documentation/netlink/generate.py

clean: ## what the above made
	$(if $(wildcard $(KERNELDIR)/Makefile),$(kbuild) clean)
	$(MAKE) -C tools clean

## install (DESTDIR= is honoured)

install: install-module install-tools ## both

install-module: module ## the module, for the kernel it was built for
	$(kbuild) INSTALL_MOD_PATH=$(DESTDIR) INSTALL_MOD_DIR=updates modules_install
	$(if $(DESTDIR),,depmod $(KERNEL))

install-tools: tools ## the command, the library, man page and completion; PREFIX=/usr/local
	$(MAKE) -C tools DESTDIR=$(DESTDIR) install
	$(if $(DESTDIR),,ldconfig)

uninstall: kernel-headers ## what install and install-tools did
	rm -f $(DESTDIR)/lib/modules/$(KERNEL)/updates/sectun.ko
	$(if $(DESTDIR),,depmod $(KERNEL))
	$(MAKE) -C tools DESTDIR=$(DESTDIR) uninstall

dkms-source: ## the module's source to where DKMS looks for it
	install -d $(DESTDIR)$(DKMS_SOURCE)
	find dkms.conf Kbuild COPYING LICENSES kmod -type f ! -name '.*' ! -name '*.o' ! -name '*.result' ! -name '*.log' | \
		tar -c --owner=0 --group=0 -T - | tar -x -C $(DESTDIR)$(DKMS_SOURCE)

dkms-install: kernel-headers ## the module, rebuilt by DKMS for every kernel that is installed from now on
	@command -v dkms >/dev/null || { echo 'sectun: no dkms: apt-get install dkms' >&2; exit 1; }
	$(MAKE) dkms-source
	dkms install --force sectun/$(VERSION) -k $(KERNEL)

dkms-uninstall: ## what dkms-install did
	dkms remove sectun/$(VERSION) --all
	rm -rf $(DKMS_SOURCE)

deb: ## Debian packages, into build/deb
	rm -rf build/deb
	install -d build/deb/sectun-$(VERSION)
	tar -c --exclude-from=.gitignore --exclude=./.git --exclude=./build . | tar -x -C build/deb/sectun-$(VERSION)
	cp -r packaging/debian build/deb/sectun-$(VERSION)/debian
	cd build/deb/sectun-$(VERSION) && dpkg-buildpackage -us -uc -b

## try and test

demo: ## two sites joined in a virtual machine: shows what the two commands do
	@selftests/demo/run.sh

check: ## what a commit must pass; installs what it needs
check-all: ## and what a release must pass: every case on every kernel that it runs on
check-all: every_kernel = --all
check check-all:
	selftests/bed/install.sh build kernel demo test packages check
	$(MAKE) tools
	selftests/run-tests.sh $(every_kernel)

bench: ## what a packet costs, beside in-tree IPsec and WireGuard
	selftests/bench/run.sh

help: ## this
	@awk -F ' ## ' '/^## / { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z-]+:.* ## / { sub(":.*", "", $$1); printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

kernel-headers:
	@test -e $(KERNELDIR)/Makefile || { echo "sectun: no kernel headers in $(KERNELDIR):" \
		"apt-get install linux-headers-$(shell uname -r), or name another kernel's with KERNELDIR=" >&2; exit 1; }

.PHONY: module tools generate clean install install-module install-tools uninstall dkms-source dkms-install \
	dkms-uninstall deb demo check check-all bench help kernel-headers
