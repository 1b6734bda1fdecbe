/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include "fake_cell.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exo/memory.h"

struct bh_message fake_messages[1024];
uint32_t fake_message_count;
uint64_t fake_now;

#define MEMORY_MAX 1024
static void *memories[MEMORY_MAX];
static uint32_t memory_count;

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	perror(what);
	abort();
}

/* The heap, so that the sanitizers see every byte out of bounds. */
void *memory_reserve(size_t size)
{
	void *memory = size ? calloc(1, size) : NULL;

	require(memory_count < MEMORY_MAX, "memory_reserve");
	memories[memory_count++] = memory;
	return memory;
}

void launcher_send(enum bh_message_type type, uint16_t domain, uint16_t variant,
                   uint64_t value, uint64_t detail, const char *text)
{
	struct bh_message *message;

	if (fake_message_count == 1024)
		fake_message_count = 0;
	message = &fake_messages[fake_message_count++];
	*message = (struct bh_message){
	        .type = type,
	        .domain = domain,
	        .variant = variant,
	        .value = value,
	        .detail = detail,
	};
	snprintf(message->text, sizeof(message->text), "%s", text);
}

uint32_t fake_count(enum bh_message_type type)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < fake_message_count; i++)
		count += fake_messages[i].type == (uint32_t)type;
	return count;
}

const struct bh_message *fake_find(enum bh_message_type type)
{
	for (uint32_t i = fake_message_count; i-- > 0;)
		if (fake_messages[i].type == (uint32_t)type)
			return &fake_messages[i];
	return NULL;
}

void fake_forget(void)
{
	fake_message_count = 0;
}

const struct bh_report *fake_report(void)
{
	static uint8_t *bytes;
	struct stat status;

	require(!fstat(BH_EXO_FD_REPORT, &status), "report");
	free(bytes);
	bytes = malloc((size_t)status.st_size);
	require(pread(BH_EXO_FD_REPORT, bytes, (size_t)status.st_size, 0) ==
	                status.st_size,
	        "report");
	return (const struct bh_report *)(const void *)bytes;
}

void fake_begin(struct cell *cell)
{
	int report = memfd_create("report", MFD_CLOEXEC);

	require(report >= 0, "memfd_create");
	if (report != BH_EXO_FD_REPORT) {
		require(dup2(report, BH_EXO_FD_REPORT) >= 0, "dup2");
		close(report);
	}
	memset(cell, 0, sizeof(*cell));
	fake_forget();
	fake_now = FAKE_SECOND;
	cell->config.magic = BH_CELL_MAGIC;
	cell->config.version = BH_ABI_VERSION;
	cell->config.size = sizeof(cell->config);
}

static int high_fd(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 16);

	require(high >= 0, "a descriptor for an area");
	close(fd);
	return high;
}

static struct bh_channel_info *add_channel(struct bh_cell_domain *domain,
                                           uint16_t protocol, uint16_t role,
                                           uint32_t credit)
{
	struct bh_channel_info *channel =
	        &domain->channels[domain->channel_count];

	channel->protocol = protocol;
	channel->role = role;
	channel->credit = credit;
	snprintf(channel->name, sizeof(channel->name), "channel%u",
	         domain->channel_count++);
	return channel;
}

uint16_t fake_domain(struct cell *cell, uint32_t variants, uint32_t flags)
{
	uint16_t number = (uint16_t)cell->config.domain_count++;
	struct bh_cell_domain *domain = &cell->config.domains[number];

	snprintf(domain->name, sizeof(domain->name), "domain%u", number);
	domain->flags = flags;
	domain->variant_count = variants;
	domain->submission_size = domain->completion_size = FAKE_BUFFER;
	domain->recovery_size = 8192;
	domain->input_fd = domain->output_fd[0] = domain->output_fd[1] = -1;
	domain->deadline = FAKE_SECOND;
	domain->step = BH_NEVER;
	for (uint16_t p = BH_PROTOCOL_CONTROL; p < BH_PROTOCOL_SERVICE; p++)
		add_channel(domain, p, BH_ROLE_CLIENT, 0);
	for (uint32_t v = 0; v < variants; v++) {
		domain->variants[v].isa = 1 + v % 3;
		domain->variants[v].core = BH_CORE_NATIVE;
		domain->variants[v].area_fd = domain->variants[v].doorbell_fd =
		        -1;
		domain->variants[v].wake_fd = -1;
	}
	return number;
}

void fake_connect(struct cell *cell, uint16_t client, uint16_t server,
                  uint32_t credit)
{
	struct bh_cell_domain *from = &cell->config.domains[client];
	struct bh_cell_domain *to = &cell->config.domains[server];
	struct bh_cell_connection *c =
	        &cell->config.connections[cell->config.connection_count++];

	c->client_domain = client;
	c->client_channel = (uint16_t)from->channel_count;
	c->server_domain = server;
	c->server_channel = (uint16_t)to->channel_count;
	add_channel(from, BH_PROTOCOL_SERVICE, BH_ROLE_CLIENT, credit);
	add_channel(to, BH_PROTOCOL_SERVICE, BH_ROLE_SERVER, credit);
}

static int make_area(const struct bh_cell_domain *domain)
{
	int fd = memfd_create("area", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t size = BH_AREA_SUBMISSION + (off_t)domain->submission_size +
	             domain->completion_size;

	require(fd >= 0 && !ftruncate(fd, size) &&
	                !fcntl(fd, F_ADD_SEALS,
	                       F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL),
	        "an area");
	return high_fd(fd);
}

int fake_create(struct cell *cell)
{
	const char *problem;

	for (uint32_t d = 0; d < cell->config.domain_count; d++) {
		struct bh_cell_domain *domain = &cell->config.domains[d];

		for (uint32_t v = 0; v < domain->variant_count; v++) {
			domain->variants[v].area_fd = make_area(domain);
			domain->variants[v].doorbell_fd =
			        domain->variants[v].area_fd;
		}
	}
	return cell_create(cell, &problem);
}

void fake_destroy(struct cell *cell)
{
	for (uint32_t d = 0; d < cell->config.domain_count; d++) {
		const struct bh_cell_domain *domain = &cell->config.domains[d];

		for (uint32_t v = 0; v < domain->variant_count; v++) {
			if (cell->domains[d].variants[v].control)
				munmap(cell->domains[d].variants[v].control,
				       BH_AREA_SUBMISSION +
				               domain->submission_size +
				               domain->completion_size);
			close(domain->variants[v].area_fd);
		}
	}
	while (memory_count)
		free(memories[--memory_count]);
	close(BH_EXO_FD_REPORT);
}

struct bh_submission *fake_submission(struct cell *cell, uint16_t domain,
                                      uint32_t variant)
{
	return (struct bh_submission *)(void *)cell->domains[domain]
	        .variants[variant]
	        .submission;
}

const struct bh_completion *fake_completion(const struct cell *cell,
                                            uint16_t domain, uint32_t variant)
{
	return (const struct bh_completion *)(const void *)cell->domains[domain]
	        .variants[variant]
	        .completion;
}

void fake_post(struct cell *cell, uint16_t domain, uint32_t variant,
               enum bh_post kind)
{
	struct bh_control *control =
	        cell->domains[domain].variants[variant].control;

	control->variant.kind = kind;
	control->variant.posted++;
}

bool fake_is_answered(const struct cell *cell, uint16_t domain,
                      uint32_t variant)
{
	const struct bh_control *control =
	        cell->domains[domain].variants[variant].control;

	return control->variant.posted == control->exo.completed;
}

void fake_batch(union fake_batch *batch, const struct cell *cell,
                uint16_t domain)
{
	memset(&batch->header, 0, sizeof(batch->header));
	batch->header.exchange = cell->domains[domain].exchange;
	batch->header.deadline = BH_NEVER;
}

struct bh_record *fake_add(union fake_batch *batch, uint16_t channel,
                           uint16_t type, uint64_t tag, const void *payload,
                           uint32_t size)
{
	struct bh_record *record =
	        (struct bh_record *)(void *)(batch->bytes +
	                                     sizeof(batch->header) +
	                                     batch->header.bytes);

	*record = (struct bh_record){
	        .size = (uint32_t)sizeof(*record) + size,
	        .channel = channel,
	        .type = type,
	        .tag = tag,
	};
	memset(record + 1, 0, BH_RECORD_STRIDE(size));
	if (payload)
		memcpy(record + 1, payload, size);
	batch->header.bytes += (uint32_t)BH_RECORD_STRIDE(record->size);
	batch->header.count++;
	return record;
}

void fake_submit(struct cell *cell, uint16_t domain, uint32_t variant,
                 const union fake_batch *batch)
{
	uint32_t size = cell->config.domains[domain].submission_size;
	uint32_t used = (uint32_t)sizeof(batch->header) + batch->header.bytes;

	memcpy(fake_submission(cell, domain, variant), batch->bytes,
	       used < size ? used : size);
	fake_post(cell, domain, variant, BH_POST_EXCHANGE);
}

void fake_step(struct cell *cell)
{
	while (cell_step(cell, fake_now))
		;
}

void fake_exchange(struct cell *cell, uint16_t domain,
                   const union fake_batch *batch)
{
	for (uint32_t v = 0; v < cell->config.domains[domain].variant_count;
	     v++)
		if (variant_is_live(&cell->domains[domain].variants[v]))
			fake_submit(cell, domain, v, batch);
	fake_step(cell);
}

void fake_start(struct cell *cell)
{
	for (uint16_t d = 0; d < cell->config.domain_count; d++)
		for (uint32_t v = 0;
		     v < cell->config.domains[d].variant_count; v++)
			if (cell->domains[d].phase == DOMAIN_STARTING)
				fake_post(cell, d, v, BH_POST_READY);
	fake_step(cell);
}

const struct bh_record *fake_record(const struct cell *cell, uint16_t domain,
                                    uint32_t index)
{
	const struct bh_completion *completion =
	        fake_completion(cell, domain, 0);
	const uint8_t *at = (const uint8_t *)(completion + 1);

	if (index >= completion->count)
		return NULL;
	while (index--)
		at += BH_RECORD_STRIDE(
		        ((const struct bh_record *)(const void *)at)->size);
	return (const struct bh_record *)(const void *)at;
}

void fake_kill(struct cell *cell, uint16_t domain, uint32_t variant)
{
	domain_variant_died(&cell->domains[domain], variant, 9, fake_now);
	fake_step(cell);
}
