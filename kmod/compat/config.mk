# SPDX-License-Identifier: GPL-2.0-only
# Stops the build with one line where the kernel was configured without something that the module needs.
#
# Some options have no switch of their own: after the slash stands one that has, and brings them.

sectun-needs := NET INET XFRM CRYPTO/CRYPTO_GCM CRYPTO_AEAD/CRYPTO_GCM \
	DST_CACHE/NET_IPGRE GRO_CELLS/NET_IPGRE NET_UDP_TUNNEL/VXLAN

sectun-option = CONFIG_$(firstword $(subst /, ,$1))
sectun-bringer = $(if $(findstring /,$1), [CONFIG_$(lastword $(subst /, ,$1)) brings it])
sectun-missing := $(strip $(foreach need,$(sectun-needs),\
	$(if $($(call sectun-option,$(need))),,$(call sectun-option,$(need))$(call sectun-bringer,$(need)))))

# `make clean` reads no configuration.
ifdef CONFIG_MODULES
ifneq ($(sectun-missing),)
$(error sectun: this kernel was built without $(sectun-missing); stock Debian kernels have them all)
endif
endif
