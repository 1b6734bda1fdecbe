# SPDX-License-Identifier: ISC
#
# Images of Debian's programs for `bh run`, made by `bh image build`.  They need
# a mirror the first time, so nothing but demo and the tests asks for them.

IMAGE_SUITE ?= stable
IMAGE_OPTIONS ?=

IMAGE_INCLUDE_busybox := busybox-static
IMAGE_COMMAND_busybox := /usr/bin/busybox sh

IMAGE_INCLUDE_lighttpd := lighttpd
IMAGE_COPY_lighttpd := examples/lighttpd/lighttpd.conf:/etc/lighttpd.conf \
                       examples/lighttpd/www:/srv/www
IMAGE_COMMAND_lighttpd := /usr/sbin/lighttpd -D -f /etc/lighttpd.conf

IMAGE_INCLUDE_redis := redis-server
IMAGE_COPY_redis := examples/redis/redis.conf:/etc/redis.conf
IMAGE_COMMAND_redis := /usr/bin/redis-server /etc/redis.conf

IMAGES := busybox lighttpd redis

# $(1): image
define image
.PHONY: $(B)/images/$(1)
$(B)/images/$(1): $(B)/images/$(1)/image.yaml
$(B)/images/$(1)/image.yaml: examples/images.mk \
		$(wildcard examples/$(1)/* examples/$(1)/*/*) | $(B)/bh
	$$(call say,IMAGE,$(B)/images/$(1))
	$$(Q)$(B)/bh image build $$(IMAGE_OPTIONS) --suite $$(IMAGE_SUITE) \
		--cache $(B)/cache/debian --include $(IMAGE_INCLUDE_$(1)) \
		$(IMAGE_COPY_$(1):%=--copy %) -o $(B)/images/$(1) \
		-- $(IMAGE_COMMAND_$(1)) >/dev/null
endef
$(foreach name,$(IMAGES),$(eval $(call image,$(name))))

.PHONY: images
images: $(IMAGES:%=$(B)/images/%)
