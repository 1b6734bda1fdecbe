/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "abi/core.h"
#include "abi/report.h"
#include "hostile.h"

/*
 * drive_exo EXO SECONDS [SEED]: plays the launcher for one cell after another,
 * each with fourteen hostile domains, until the time is over.  Each hostile
 * variant is a process that shares only its own area.
 */

#define HOSTILES (BH_MAX_DOMAINS - FIRST_HOSTILE)
#define HOSTILE_SERVERS 4u
#define EXCHANGES 40u
#define RUN_LIMIT_MS 30000
#define RSS_LIMIT_KIB (48u << 10) /* most of it is histories of 16 domains */

struct driven {
	struct bh_cell cell;
	struct seat seats[BH_MAX_DOMAINS][2];
	int areas[BH_MAX_DOMAINS][2];
	int doorbells[BH_MAX_DOMAINS][2];
	pid_t cores[BH_MAX_DOMAINS][2]; /* of hostile domains; 0: none */
	int control, control_exo, report, trace, config;
	pid_t exo;
	struct honest client, server;
	bool finished;
	uint64_t result;
	uint32_t rss_kib;
	char why[256];
};

static struct {
	uint64_t cells, hostiles, reports, exchanges, reasons[16];
	uint32_t rss_kib;
} total;

static void die(const char *what)
{
	perror(what);
	exit(125);
}

static void wrong(struct driven *d, const char *why)
{
	if (!d->why[0])
		snprintf(d->why, sizeof(d->why), "%s", why);
}

static int high(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, 400);

	if (fd < 0 || moved < 0)
		die("a descriptor");
	close(fd);
	return moved;
}

/* --- the cell ---------------------------------------------------------------- */

static void add_channel(struct bh_cell_domain *domain, uint16_t protocol,
                        uint16_t role, uint32_t credit)
{
	struct bh_channel_info *c = &domain->channels[domain->channel_count++];

	c->protocol = protocol;
	c->role = role;
	c->credit = credit;
	strcpy(c->name, "channel");
}

static void connect_domains(struct bh_cell *cell, uint32_t client,
                            uint32_t server)
{
	struct bh_cell_domain *from = &cell->domains[client];
	struct bh_cell_domain *to = &cell->domains[server];

	cell->connections[cell->connection_count++] =
	        (struct bh_cell_connection){
	                .client_domain = (uint16_t)client,
	                .client_channel = (uint16_t)from->channel_count,
	                .server_domain = (uint16_t)server,
	                .server_channel = (uint16_t)to->channel_count,
	        };
	add_channel(from, BH_PROTOCOL_SERVICE, BH_ROLE_CLIENT, 4);
	add_channel(to, BH_PROTOCOL_SERVICE, BH_ROLE_SERVER, 4);
}

static void describe_domain(struct driven *d, uint32_t number,
                            struct bh_random *random)
{
	struct bh_cell_domain *domain = &d->cell.domains[number];
	bool honest = number < FIRST_HOSTILE;

	snprintf(domain->name, sizeof(domain->name), "domain%u", number);
	domain->flags = number == CLIENT ? 0 : BH_DOMAIN_SERVICE;
	domain->variant_count =
	        honest ? 2 : 1 + (uint32_t)bh_random_below(random, 2);
	domain->response = honest ? BH_RESPONSE_HALT
	                          : (uint32_t)bh_random_below(random, 2);
	domain->submission_size = domain->completion_size = BUFFER;
	domain->recovery_size = 65536;
	domain->input_fd = domain->output_fd[0] = domain->output_fd[1] = -1;
	domain->deadline = honest ? UINT64_C(20000000000) : 20000000;
	domain->step = BH_NEVER;
	add_channel(domain, BH_PROTOCOL_CONTROL, BH_ROLE_CLIENT, 0);
	if (honest)
		return;
	for (uint16_t p = BH_PROTOCOL_CONSOLE; p < BH_PROTOCOL_SERVICE; p++)
		add_channel(domain, p, BH_ROLE_CLIENT, 0);
}

static void describe_cell(struct driven *d, struct bh_random *random)
{
	struct bh_cell *cell = &d->cell;
	int32_t fd = BH_EXO_FD_FIRST;

	*cell = (struct bh_cell){
	        .magic = BH_CELL_MAGIC,
	        .version = BH_ABI_VERSION,
	        .size = sizeof(*cell),
	        .domain_count = BH_MAX_DOMAINS,
	        .flags = bh_random_below(random, 2) ? BH_CELL_TRACE : 0,
	        .sandbox = BH_CORE_NO_SANDBOX_ROOT | BH_CORE_NO_LANDLOCK,
	};
	for (uint32_t n = 0; n < BH_MAX_DOMAINS; n++)
		describe_domain(d, n, random);
	connect_domains(cell, CLIENT, SERVER);
	for (uint32_t n = FIRST_HOSTILE; n < BH_MAX_DOMAINS; n++)
		connect_domains(cell, n, SERVER);
	for (uint32_t n = 0; n < HOSTILE_SERVERS; n++)
		connect_domains(cell, CLIENT, FIRST_HOSTILE + n);
	for (uint32_t n = 0; n < BH_MAX_DOMAINS; n++)
		for (uint32_t v = 0; v < cell->domains[n].variant_count; v++) {
			cell->domains[n].variants[v].isa = 1 + v;
			cell->domains[n].variants[v].area_fd = fd++;
			cell->domains[n].variants[v].doorbell_fd = fd++;
			cell->domains[n].variants[v].wake_fd = -1;
		}
}

static void make_seat(struct driven *d, uint32_t n, uint32_t v)
{
	int area = memfd_create("area", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	uint8_t *memory;

	if (area < 0 || ftruncate(area, AREA_SIZE) ||
	    fcntl(area, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		die("an area");
	d->areas[n][v] = high(area);
	d->doorbells[n][v] = high(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	memory = mmap(NULL, AREA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
	              d->areas[n][v], 0);
	if (memory == MAP_FAILED)
		die("an area");
	d->seats[n][v] = (struct seat){
	        .control = (struct bh_control *)(void *)memory,
	        .submission = memory + BH_AREA_SUBMISSION,
	        .completion = memory + BH_AREA_SUBMISSION + BUFFER,
	        .doorbell = d->doorbells[n][v],
	};
}

#define EACH_SEAT(d, n, v)                                                     \
	for (uint32_t n = 0; n < BH_MAX_DOMAINS; n++)                          \
		for (uint32_t v = 0; v < (d)->cell.domains[n].variant_count; v++)

static void start_exo(struct driven *d, const char *path)
{
	int sockets[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		die("socketpair");
	d->control = high(sockets[0]);
	d->control_exo = high(sockets[1]);
	d->report = high(memfd_create("report", MFD_CLOEXEC));
	d->trace = high(memfd_create("trace", MFD_CLOEXEC));
	d->config = high(memfd_create("cell", MFD_CLOEXEC));
	if (pwrite(d->config, &d->cell, sizeof(d->cell), 0) != sizeof(d->cell))
		die("memfd");
	d->exo = fork();
	if (d->exo < 0)
		die("fork");
	if (d->exo)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(d->config, BH_EXO_FD_CELL);
	dup2(d->control_exo, BH_EXO_FD_CONTROL);
	dup2(d->report, BH_EXO_FD_REPORT);
	dup2(d->trace, BH_EXO_FD_TRACE);
	EACH_SEAT(d, n, v) {
		const struct bh_cell_variant *to = &d->cell.domains[n].variants[v];

		dup2(d->areas[n][v], to->area_fd);
		dup2(d->doorbells[n][v], to->doorbell_fd);
	}
	execl(path, "bh-exo", (char *)NULL);
	_exit(126);
}

static void start_hostile(struct driven *d, uint32_t n, uint32_t v,
                          uint64_t seed)
{
	struct bh_random random;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	d->cores[n][v] = pid;
	if (pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It has its own area and nothing else of the cell. */
	EACH_SEAT(d, other, w) {
		if (other == n && w == v)
			continue;
		munmap(d->seats[other][w].control, AREA_SIZE);
	}
	/* Variants of one domain do the same, more or less. */
	bh_random_seed(&random, seed, n);
	hostile_run(&d->seats[n][v], &random, d->cell.domains[n].channel_count);
	_exit(0);
}

/* --- the launcher's side -------------------------------------------------------- */

static void tell(struct driven *d, enum bh_message_type type, uint32_t n,
                 uint32_t v, uint64_t value)
{
	struct bh_message message = {
	        .type = type,
	        .domain = (uint16_t)n,
	        .variant = (uint16_t)v,
	        .value = value,
	};

	if (send(d->control, &message, sizeof(message), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE && errno != ECONNRESET)
		die("send");
}

static void reap(struct driven *d)
{
	int status;

	EACH_SEAT(d, n, v)
		if (d->cores[n][v] &&
		    waitpid(d->cores[n][v], &status, WNOHANG) ==
		            d->cores[n][v]) {
			d->cores[n][v] = 0;
			tell(d, BH_MESSAGE_DEAD, n, v, (uint32_t)status);
		}
}

static bool lies_within(const struct bh_extent *e, uint64_t size)
{
	return e->size == 0 || (e->offset >= sizeof(struct bh_report) &&
	                        e->offset <= size && e->size <= size - e->offset);
}

static bool is_report(const struct bh_report *r, uint64_t size)
{
	if (size < sizeof(*r) || r->magic != BH_REPORT_MAGIC ||
	    r->size != size || r->domain_number < FIRST_HOSTILE ||
	    r->domain_number >= BH_MAX_DOMAINS ||
	    r->verdict < BH_VERDICT_DIVERGENCE ||
	    r->verdict > BH_VERDICT_DEADLINE || r->reason < BH_REASON_BYTES ||
	    r->reason > BH_REASON_COUNT || r->variant_count < 1 ||
	    r->variant_count > 2 || r->past_count > BH_REPORT_PAST ||
	    !lies_within(&r->last_input, size))
		return false;
	for (uint32_t i = 0; i < r->variant_count; i++)
		if (!lies_within(&r->variants[i].submission, size) ||
		    r->variants[i].submission.size > BUFFER)
			return false;
	for (uint32_t i = 0; i < r->past_count; i++)
		if (!lies_within(&r->past[i].submission, size) ||
		    !lies_within(&r->past[i].completion, size))
			return false;
	return true;
}

static bool holds_secret(const void *bytes, size_t size)
{
	return memmem(bytes, size, SECRET, strlen(SECRET)) != NULL;
}

static void take_report(struct driven *d, uint64_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);

	if (!bytes || size > (16u << 20) ||
	    pread(d->report, bytes, size, 0) != (ssize_t)size ||
	    !is_report((const struct bh_report *)(const void *)bytes, size)) {
		wrong(d, "a report is malformed, or about an honest domain");
	} else {
		const struct bh_report *r =
		        (const struct bh_report *)(const void *)bytes;

		total.reports++;
		total.reasons[r->reason]++;
		if (holds_secret(bytes, size))
			wrong(d, "a report about a hostile domain holds the "
			         "neighbours' secret");
	}
	free(bytes);
	tell(d, BH_MESSAGE_REPORT_TAKEN, 0, 0, 0);
}

static void act_on(struct driven *d, const struct bh_message *m)
{
	bool honest = m->domain < FIRST_HOSTILE;

	switch (m->type) {
	case BH_MESSAGE_RUNNING:
	case BH_MESSAGE_EXITED:
	case BH_MESSAGE_DROPPED:
		break;
	case BH_MESSAGE_KILL:
	case BH_MESSAGE_INTERRUPT:
		if (m->domain >= BH_MAX_DOMAINS || m->variant > 1)
			wrong(d, "a message names nobody");
		else if (!honest && d->cores[m->domain][m->variant])
			kill(d->cores[m->domain][m->variant],
			     m->type == BH_MESSAGE_KILL ? SIGKILL : SIGCONT);
		break;
	case BH_MESSAGE_REPORT:
		take_report(d, m->value);
		break;
	case BH_MESSAGE_FINISHED:
		d->finished = true;
		d->result = m->value;
		break;
	default:
		wrong(d, m->type == BH_MESSAGE_ERROR && m->text[0]
		                 ? "exo ended the cell with an error"
		                 : "exo sent an unknown message");
	}
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint32_t rss_of(pid_t pid)
{
	char path[64];
	unsigned long size, resident = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	file = fopen(path, "r");
	if (!file || fscanf(file, "%lu %lu", &size, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return (uint32_t)(resident * (unsigned long)getpagesize() / 1024);
}

static void serve_exo(struct driven *d)
{
	uint64_t limit = now_ms() + RUN_LIMIT_MS;
	struct bh_message message;

	while (!d->finished && !d->why[0]) {
		struct pollfd wanted = {d->control, POLLIN, 0};
		uint32_t rss;

		poll(&wanted, 1, 2);
		for (;;) {
			ssize_t got = recv(d->control, &message, sizeof(message),
			                   MSG_DONTWAIT);

			if (got == sizeof(message)) {
				act_on(d, &message);
				continue;
			}
			if (got == 0 && !d->finished)
				wrong(d, "exo closed its socket");
			break;
		}
		reap(d);
		rss = rss_of(d->exo);
		if (rss > d->rss_kib)
			d->rss_kib = rss;
		if (d->client.failed)
			wrong(d, d->client.failed);
		if (d->server.failed)
			wrong(d, d->server.failed);
		if (now_ms() > limit)
			wrong(d, "the cell did not end");
	}
}

/* --- one cell ---------------------------------------------------------------------- */

static void check_end(struct driven *d, bool sanitized)
{
	int status;

	if (d->why[0])
		kill(d->exo, SIGTERM);
	if (waitpid(d->exo, &status, 0) != d->exo || status)
		if (!d->why[0] || !WIFSIGNALED(status) ||
		    WTERMSIG(status) != SIGTERM) {
			char text[128];

			snprintf(text, sizeof(text),
			         "exo ended with wait status %#x", (unsigned)status);
			d->why[0] = 0; /* this says more */
			wrong(d, text);
		}
	if (d->client.done != d->client.exchanges)
		wrong(d, "the honest client did not finish its work");
	if ((uint32_t)d->result != 7 && d->result >> 32 == BH_RESULT_EXITED)
		wrong(d, "the exit status is not the client's");
	if (!sanitized && d->rss_kib > RSS_LIMIT_KIB)
		wrong(d, "exo takes too much memory");
	for (uint32_t n = FIRST_HOSTILE; n < BH_MAX_DOMAINS; n++)
		for (uint32_t v = 0; v < d->cell.domains[n].variant_count; v++)
			if (holds_secret(d->seats[n][v].control, AREA_SIZE))
				wrong(d, "a hostile area holds the neighbours' "
				         "secret");
	if (d->rss_kib > total.rss_kib)
		total.rss_kib = d->rss_kib;
}

static void clean_up(struct driven *d)
{
	EACH_SEAT(d, n, v) {
		if (d->cores[n][v]) {
			kill(d->cores[n][v], SIGKILL);
			waitpid(d->cores[n][v], NULL, 0);
		}
		munmap(d->seats[n][v].control, AREA_SIZE);
		close(d->areas[n][v]);
		close(d->doorbells[n][v]);
	}
	close(d->control);
	close(d->control_exo);
	close(d->report);
	close(d->trace);
	close(d->config);
}

static bool run_cell(const char *exo, uint64_t seed, bool sanitized)
{
	static struct driven d;
	struct bh_random random;
	pthread_t threads[2];

	memset(&d, 0, sizeof(d));
	bh_random_seed(&random, seed, 0);
	describe_cell(&d, &random);
	EACH_SEAT(&d, n, v)
		make_seat(&d, n, v);
	start_exo(&d, exo);
	close(d.control_exo);
	d.control_exo = -1;
	for (uint32_t n = FIRST_HOSTILE; n < BH_MAX_DOMAINS; n++)
		for (uint32_t v = 0; v < d.cell.domains[n].variant_count; v++)
			start_hostile(&d, n, v, seed + v * bh_random_below(&random, 2));
	d.client = (struct honest){.seed = seed, .exchanges = EXCHANGES,
	                           .servers = HOSTILE_SERVERS};
	d.server = (struct honest){.seed = seed};
	memcpy(d.client.seats, d.seats[CLIENT], sizeof(d.client.seats));
	memcpy(d.server.seats, d.seats[SERVER], sizeof(d.server.seats));
	if (pthread_create(&threads[0], NULL, honest_client, &d.client) ||
	    pthread_create(&threads[1], NULL, honest_server, &d.server))
		die("pthread_create");
	serve_exo(&d);
	d.client.stop = d.server.stop = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	check_end(&d, sanitized);
	clean_up(&d);
	total.cells++;
	total.hostiles += HOSTILES;
	total.exchanges += d.client.done + d.server.done;
	if (d.why[0])
		printf("seed %llu: %s\n", (unsigned long long)seed, d.why);
	return !d.why[0];
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	uint64_t end = now_ms() + 1000 * strtoull(argc > 2 ? argv[2] : "5", NULL, 0);
	bool good = true, sanitized;

	if (argc < 3) {
		fprintf(stderr, "usage: drive_exo EXO SECONDS [SEED]\n");
		return 125;
	}
	sanitized = strstr(argv[1], "asan") != NULL;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	do
		good = run_cell(argv[1], seed++, sanitized);
	while (good && now_ms() < end);
	printf("%llu cells, %llu hostile domains, %llu reports, "
	       "%llu exchanges of neighbours, %u KiB at most\nreasons:",
	       (unsigned long long)total.cells,
	       (unsigned long long)total.hostiles,
	       (unsigned long long)total.reports,
	       (unsigned long long)total.exchanges, total.rss_kib);
	for (int i = 1; i <= BH_REASON_COUNT; i++)
		printf(" %llu", (unsigned long long)total.reasons[i]);
	printf("\n");
	return good ? 0 : 1;
}
