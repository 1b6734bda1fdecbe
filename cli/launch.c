/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/core.h"
#include "abi/device.h"
#include "abi/exchange.h"
#include "helper.h"
#include "lib/cleanup.h"
#include "names.h"

static void init(struct launch *launch, const struct plan *plan,
                 const struct host *host)
{
	*launch = (struct launch){
	        .plan = plan,
	        .host = *host,
	        .exo = {0, -1},
	        .control = -1,
	        .control_exo = -1,
	        .cell = -1,
	        .report = -1,
	        .trace = -1,
	        .json = -1,
	        .status_read = -1,
	        .status_write = -1,
	        .exo_executable = -1,
	        .kvm = -1,
	};
	for (unsigned k = 0; k < CORE_KINDS; k++)
		launch->core_executables[k] = -1;
	for (unsigned d = 0; d < BH_MAX_DOMAINS; d++) {
		device_slot_init(&launch->domains[d].device);
		for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
			launch->domains[d].outputs[i] = -1;
		launch->domains[d].output_read = -1;
		for (unsigned v = 0; v < BH_MAX_VARIANTS; v++)
			launch->domains[d].cores[v] =
			        (struct core_slot){.process = {0, -1},
			                           .image = -1,
			                           .root = -1,
			                           .kept = -1,
			                           .area = -1,
			                           .doorbell = -1,
			                           .wake = -1};
	}
}

/* A memfd whose size nobody can change any more. */
static int create_area(size_t size)
{
	BH_AUTO_CLOSE int fd =
	        memfd_create("bh-area", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, (off_t)size) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	return bh_steal_fd(&fd);
}

static int open_core_executable(struct launch *launch, enum bh_core_kind kind,
                                struct problem *problem)
{
	char name[64];

	if (kind == BH_CORE_KVM && launch->kvm < 0) {
		launch->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
		if (launch->kvm < 0)
			return problem_errno(problem, errno,
			                     "the kvm core needs /dev/kvm "
			                     "(see bh doctor)");
	}
	if (launch->core_executables[kind] >= 0)
		return 0;
	snprintf(name, sizeof(name), "bh-core-%s", core_name(kind));
	launch->core_executables[kind] = helper_open(name, problem);
	return launch->core_executables[kind] < 0 ? -1 : 0;
}

/* What every variant shares with exo. */
static int prepare_area(const struct launch *launch, unsigned domain,
                        struct core_slot *slot, struct problem *problem)
{
	slot->area = create_area(
	        BH_AREA_SUBMISSION +
	        2 * (size_t)launch->plan->domains[domain].buffer_size);
	if (slot->area < 0)
		return problem_errno(problem, -slot->area,
		                     "exchange area (memfd_create)");
	slot->doorbell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (slot->doorbell < 0)
		return problem_errno(problem, errno, "doorbell (eventfd)");
	return 0;
}

static int prepare_device(struct launch *launch, unsigned domain,
                          struct problem *problem)
{
	struct core_slot *slot = &launch->domains[domain].cores[0];

	slot->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (slot->wake < 0)
		return problem_errno(problem, errno, "wake (eventfd)");
	if (prepare_area(launch, domain, slot, problem))
		return -1;
	return device_prepare(launch->plan, domain,
	                      &launch->domains[domain].device, problem);
}

static int prepare_core(struct launch *launch, unsigned domain, unsigned v,
                        struct problem *problem)
{
	const struct plan_variant *plan =
	        &launch->plan->domains[domain].variants[v];
	struct core_slot *slot = &launch->domains[domain].cores[v];

	if (open_core_executable(launch, plan->core, problem))
		return -1;
	slot->image = open(plan->image, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (slot->image < 0)
		return problem_errno(problem, errno, "%s", plan->image);
	if (plan->root) {
		slot->root = open(plan->root,
		                  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (slot->root < 0)
			return problem_errno(problem, errno, "%s", plan->root);
	}
	if (plan->kept && plan->core == BH_CORE_XLATE) {
		slot->kept = open(plan->kept,
		                  O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
		if (slot->kept < 0)
			return problem_errno(problem, errno, "%s", plan->kept);
	}
	return prepare_area(launch, domain, slot, problem);
}

/* A second descriptor of the same thing, as far as there is one. */
static int duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/*
 * The first domain that is no service owns the terminal.  What others print
 * passes through us and goes to stderr with their name before it.
 */
static int prepare_console(struct launch *launch, unsigned domain,
                           struct problem *problem)
{
	struct domain_slot *slot = &launch->domains[domain];
	int ends[2];

	if (launch->plan->domains[domain].quiet)
		return 0;
	if (domain == launch->plan->terminal) {
		slot->outputs[BH_CONSOLE_OUTPUT] = duplicate(STDOUT_FILENO);
		slot->outputs[BH_CONSOLE_ERROR] = duplicate(STDERR_FILENO);
		if (launch->plan->log)
			return tee_start(&launch->log, slot->outputs,
			                 launch->plan->log, problem);
		return 0; /* what is closed discards the output */
	}
	if (pipe2(ends, O_CLOEXEC))
		return problem_errno(problem, errno, "console pipe");
	slot->output_read = ends[0];
	slot->outputs[BH_CONSOLE_OUTPUT] = ends[1];
	slot->outputs[BH_CONSOLE_ERROR] = duplicate(ends[1]);
	return 0;
}

static int prepare_domain(struct launch *launch, unsigned domain,
                          struct problem *problem)
{
	if (launch->plan->domains[domain].device)
		return prepare_device(launch, domain, problem);
	if (prepare_console(launch, domain, problem))
		return -1;
	for (unsigned v = 0; v < launch->plan->domains[domain].variant_count;
	     v++)
		if (prepare_core(launch, domain, v, problem))
			return -1;
	return 0;
}

static int prepare_exo(struct launch *launch, struct problem *problem)
{
	int ends[2];

	launch->exo_executable = helper_open("bh-exo", problem);
	if (launch->exo_executable < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return problem_errno(problem, errno, "control socket");
	launch->control = ends[0];
	launch->control_exo = ends[1];
	launch->cell = memfd_create("bh-cell", MFD_CLOEXEC);
	launch->report = memfd_create("bh-report", MFD_CLOEXEC);
	if (launch->cell < 0 || launch->report < 0)
		return problem_errno(problem, errno, "memfd_create");
	if (pipe2(ends, O_CLOEXEC))
		return problem_errno(problem, errno, "pipe");
	launch->status_read = ends[0];
	launch->status_write = ends[1];
	return 0;
}

static int create_file(const char *option, const char *path, int *fd,
                       struct problem *problem)
{
	if (!path)
		return 0;
	*fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY,
	           0666);
	return *fd < 0 ? problem_errno(problem, errno, "%s %s", option, path)
	               : 0;
}

int launch_prepare(struct launch *launch, const struct plan *plan,
                   const struct host *host, struct problem *problem)
{
	init(launch, plan, host);
	for (unsigned d = 0; d < plan->domain_count; d++)
		if (prepare_domain(launch, d, problem))
			return -1;
	if (create_file("--trace", plan->trace, &launch->trace, problem) ||
	    create_file("--report", plan->report, &launch->json, problem))
		return -1;
	return prepare_exo(launch, problem);
}

static int start_exo(struct launch *launch)
{
	struct bh_cell cell;
	int fds[CELL_FDS_MAX];
	struct spawn spawn = {
	        .title = "bh-exo",
	        .executable = launch->exo_executable,
	        .fds = fds,
	        .fd_count = cell_describe(launch, &cell, fds),
	        .first = BH_EXO_FD_CELL,
	        .status = launch->status_write,
	};

	if (pwrite(launch->cell, &cell, sizeof(cell), 0) != sizeof(cell))
		return -EIO;
	return spawn_start(&spawn, &launch->host, &launch->exo);
}

static int start_core(struct launch *launch, unsigned domain, unsigned variant)
{
	const struct plan_domain *plan = &launch->plan->domains[domain];
	const struct plan_variant *chosen = &plan->variants[variant];
	struct core_slot *slot = &launch->domains[domain].cores[variant];
	BH_AUTO_CLOSE int start = start_block(launch, domain, variant);
	int fds[] = {start, slot->image, slot->area, slot->doorbell,
	             chosen->core == BH_CORE_KVM ? launch->kvm : -1,
	             slot->root,
	             slot->kept};
	char title[128];
	struct spawn spawn = {
	        .title = title,
	        .executable = launch->core_executables[chosen->core],
	        .fds = fds,
	        .fd_count = sizeof(fds) / sizeof(fds[0]),
	        .first = BH_CORE_FD_START,
	        .status = launch->status_write,
	};

	if (start < 0)
		return start;
	snprintf(title, sizeof(title), "bh-core-%s: %s, variant %u, %s",
	         core_name(chosen->core), plan->name, variant,
	         isa_name(chosen->isa));
	lseek(slot->image, 0, SEEK_SET);
	slot->generation++;
	return spawn_start(&spawn, &launch->host, &slot->process);
}

static int start_device(struct launch *launch, unsigned domain)
{
	const struct plan_domain *plan = &launch->plan->domains[domain];
	const struct device_slot *device = &launch->domains[domain].device;
	struct core_slot *slot = &launch->domains[domain].cores[0];
	BH_AUTO_CLOSE int start =
	        device_start_block(device, host_sandbox_flags(&launch->host),
	                           plan->buffer_size);
	int fds[BH_DEVICE_FD_FIRST - BH_DEVICE_FD_START + DEVICE_FDS_MAX] = {
	        start, slot->area, slot->doorbell, slot->wake, -1};
	unsigned first = BH_DEVICE_FD_FIRST - BH_DEVICE_FD_START;
	char title[128];
	struct spawn spawn = {
	        .title = title,
	        .executable = device->executable,
	        .fds = fds,
	        .fd_count = first + device->fd_count,
	        .first = BH_DEVICE_FD_START,
	        .network = plan->device->network,
	        .as_owner = device->as_owner,
	        .uid = device->uid,
	        .gid = device->gid,
	        .status = launch->status_write,
	};

	if (start < 0)
		return start;
	memcpy(fds + first, device->fds, device->fd_count * sizeof(fds[0]));
	snprintf(title, sizeof(title), "%s: for %s", plan->device->program,
	         launch->plan->domains[plan->serves].name);
	slot->generation++;
	return spawn_start(&spawn, &launch->host, &slot->process);
}

static int start_cores(struct launch *launch, unsigned domain)
{
	int r = 0;

	if (launch->plan->domains[domain].device)
		return start_device(launch, domain);
	for (unsigned v = 0;
	     !r && v < launch->plan->domains[domain].variant_count; v++)
		r = start_core(launch, domain, v);
	return r;
}

static bool is_refusal(int error)
{
	return error == EPERM || error == ENOSPC || error == EINVAL ||
	       error == EUSERS || error == EACCES;
}

int launch_start(struct launch *launch, struct problem *problem)
{
	int r = 0;

	/* exo needs the least time until it is ready, and finds who has been
	 * before it. */
	for (unsigned d = 0; !r && d < launch->plan->domain_count; d++)
		r = start_cores(launch, d);
	if (!r)
		r = start_exo(launch);
	if (!r)
		return 0;
	problem_errno(problem, -r, "starting the cell's processes");
	return is_refusal(-r) ? LAUNCH_REFUSED : -1;
}

int launch_restart(struct launch *launch, unsigned domain,
                   struct problem *problem)
{
	int r;

	for (unsigned v = 0; v < launch->plan->domains[domain].variant_count;
	     v++) {
		struct process *process =
		        &launch->domains[domain].cores[v].process;

		process_signal(process, SIGKILL);
		process_reap(process);
	}
	r = start_cores(launch, domain);
	if (r)
		return problem_errno(problem, -r, "starting %s again",
		                     launch->plan->domains[domain].name);
	return 0;
}

int launch_replace(struct launch *launch, unsigned domain, unsigned variant,
                   struct problem *problem)
{
	int r = start_core(launch, domain, variant);

	if (r)
		return problem_errno(problem, -r,
		                     "starting variant %u of %s again", variant,
		                     launch->plan->domains[domain].name);
	return 0;
}

void launch_kill(struct launch *launch)
{
	process_signal(&launch->exo, SIGKILL);
	for (unsigned d = 0; d < launch->plan->domain_count; d++)
		for (unsigned v = 0; v < BH_MAX_VARIANTS; v++)
			process_signal(&launch->domains[d].cores[v].process,
			               SIGKILL);
	process_reap(&launch->exo);
	for (unsigned d = 0; d < launch->plan->domain_count; d++)
		for (unsigned v = 0; v < BH_MAX_VARIANTS; v++)
			process_reap(&launch->domains[d].cores[v].process);
}

void launch_close_outputs(struct domain_slot *slot)
{
	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
		bh_close(&slot->outputs[i]);
}

void launch_close(struct launch *launch)
{
	int *own[] = {&launch->control,        &launch->control_exo,
	              &launch->cell,           &launch->report,
	              &launch->trace,          &launch->json,
	              &launch->status_read,    &launch->status_write,
	              &launch->exo_executable, &launch->kvm};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		bh_close(own[i]);
	for (unsigned k = 0; k < CORE_KINDS; k++)
		bh_close(&launch->core_executables[k]);
	for (unsigned d = 0; d < BH_MAX_DOMAINS; d++) {
		struct domain_slot *slot = &launch->domains[d];

		device_slot_release(&slot->device);
		launch_close_outputs(slot);
		bh_close(&slot->output_read);
		for (unsigned v = 0; v < BH_MAX_VARIANTS; v++) {
			bh_close(&slot->cores[v].image);
			bh_close(&slot->cores[v].root);
			bh_close(&slot->cores[v].kept);
			bh_close(&slot->cores[v].area);
			bh_close(&slot->cores[v].doorbell);
			bh_close(&slot->cores[v].wake);
		}
	}
	tee_finish(&launch->log);
}

const char *launch_weaker(const struct launch *launch, struct problem *text)
{
	const struct host *host = &launch->host;

	if (host->user_namespace && host->namespaces == SPAWN_NAMESPACES &&
	    host->landlock)
		return NULL;
	problem_set(text,
	            "weaker isolation on this host:%s%s%s%s (see bh "
	            "doctor)",
	            host->user_namespace ? "" : " no user namespaces,",
	            host->namespaces == SPAWN_NAMESPACES ? ""
	            : host->namespaces ? " some other namespaces missing,"
	                               : " no other namespaces,",
	            host->landlock ? "" : " no Landlock,", " the rest holds");
	return text->text;
}
