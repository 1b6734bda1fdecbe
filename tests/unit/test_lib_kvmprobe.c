/* SPDX-License-Identifier: ISC */
/* links: lib/kvmprobe.o */
#include "test.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/kvmprobe.h"

static void says_no_to_what_is_not_kvm(void **state)
{
	struct bh_kvm_probe probe;
	int fd = open("/dev/null", O_RDWR);

	(void)state;
	assert_int_not_equal(bh_kvm_probe(fd, &probe), 0);
	assert_non_null(probe.stage);
	assert_false(probe.runs);
	assert_false(probe.capabilities);
	close(fd);
	assert_int_equal(bh_kvm_probe(-1, &probe), -EBADF);
}

static void finds_this_hosts_kvm(void **state)
{
	struct bh_kvm_probe probe;
	int fd = open("/dev/kvm", O_RDWR);
	int r;

	(void)state;
	if (fd < 0) {
		print_message("skip: /dev/kvm: %s\n", strerror(errno));
		skip();
	}
	r = bh_kvm_probe(fd, &probe);
	if (r)
		fail_msg("%s: %s", probe.stage, strerror(-r));
	close(fd);
	assert_true(probe.runs);
	assert_int_equal(probe.api_version, 12);
	assert_in_range(probe.physical_bits, 32, 57);
	assert_in_range(probe.exit_ns, 100, 100000000);
	print_message("%s, %u ns an exit\n", bh_kvm_kind_name(probe.kind),
	              probe.exit_ns);
	/* The modules' names agree with what the vCPU did. */
	if (access("/sys/module/kvm_pvm", F_OK) == 0 &&
	    access("/sys/module/kvm_amd", F_OK) &&
	    access("/sys/module/kvm_intel", F_OK))
		assert_int_equal(probe.kind, BH_KVM_SOFTWARE);
	else
		assert_int_not_equal(probe.kind, BH_KVM_SOFTWARE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(says_no_to_what_is_not_kvm),
	        cmocka_unit_test(finds_this_hosts_kvm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
