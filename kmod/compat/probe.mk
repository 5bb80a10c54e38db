# SPDX-License-Identifier: GPL-2.0-only
# Finds out what the target kernel has: compat.h tells how, and how to add a probe.
#
# Every probes/NAME.c is compiled with the kernel's own flags into probes/NAME.result, one line; together
# they are probes.result. kbuild tries again where a probe, the kernel or the compiler's flags have changed.

sectun-compat := kmod/compat
sectun-probes := $(sort $(notdir $(basename $(wildcard $(src)/$(sectun-compat)/probes/*.c))))
sectun-results := $(sectun-probes:%=$(sectun-compat)/probes/%.result)

targets += $(sectun-results) $(sectun-compat)/probes.result
clean-files += $(sectun-results) $(sectun-results:.result=.log) $(sectun-compat)/probes.result

# Part of the command line, so that a kernel package that has been replaced in place is noticed, whatever the
# dates of its files.
sectun-kernel-stamp := $(shell stat -Lc %Z $(srctree)/Makefile $(objtree)/include/generated/autoconf.h 2>/dev/null)

# A warning must not decide, whatever the builder asked for (W=1, KCFLAGS=-Werror); a wrong type must.
sectun-probe-flags = $(filter-out -Wp$(comma)-MMD$(comma)%,$(c_flags)) -fsyntax-only -Wno-error \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types -Werror=int-conversion

quiet_cmd_sectun_probe = PROBE   $(basetarget)
      cmd_sectun_probe = SECTUN_KERNEL='$(sectun-kernel-stamp)' $(CONFIG_SHELL) \
	$(src)/$(sectun-compat)/probe.sh $< $@ $(CC) $(sectun-probe-flags)

$(obj)/$(sectun-compat)/probes/%.result: $(src)/$(sectun-compat)/probes/%.c $(src)/$(sectun-compat)/probe.sh FORCE
	$(call if_changed,sectun_probe)

define filechk_sectun_compat
	echo '/* Written by probe.mk: what the kernel has that is built for. */'; \
	cat $(filter %.result,$^)
endef

$(obj)/$(sectun-compat)/probes.result: $(addprefix $(obj)/,$(sectun-results)) FORCE
	$(call filechk,sectun_compat)

$(addprefix $(obj)/,$(sectun-y)): | $(obj)/$(sectun-compat)/probes.result
