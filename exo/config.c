/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <string.h>

#include "abi/protocol/service.h"
#include "cell.h"

/*
 * Checks struct bh_cell.  The launcher that wrote it is not hostile, but it is
 * large and reads files that people write; exo believes no number it has not
 * looked at.
 */

#define FLAGS                                                                  \
	(BH_DOMAIN_SERVICE | BH_DOMAIN_RESTART | BH_DOMAIN_SIGNALS |           \
	 BH_DOMAIN_DEVICE)

static bool is_power_of_two(uint32_t n)
{
	return n && (n & (n - 1)) == 0;
}

static bool is_name(const char *name)
{
	return name[0] && memchr(name, 0, BH_NAME_SIZE);
}

static bool is_fd(int32_t fd)
{
	return fd >= BH_EXO_FD_FIRST && fd < 1024;
}

static bool is_fd_or_none(int32_t fd)
{
	return fd == -1 || is_fd(fd);
}

static bool buffers_are_valid(const struct bh_cell_domain *domain)
{
	/* Replies without payload to a full submission must fit a completion. */
	return is_power_of_two(domain->submission_size) &&
	       is_power_of_two(domain->completion_size) &&
	       domain->submission_size >= BH_AREA_BUFFER_MIN &&
	       domain->completion_size <= BH_AREA_BUFFER_MAX &&
	       domain->submission_size <= domain->completion_size;
}

static bool variant_is_valid(const struct bh_cell_variant *variant, bool device)
{
	return is_fd(variant->area_fd) && is_fd(variant->doorbell_fd) &&
	       (device ? is_fd(variant->wake_fd) : variant->wake_fd == -1) &&
	       (variant->core == BH_CORE_DEVICE) == device &&
	       variant->reserved == 0;
}

static bool variants_are_valid(const struct bh_cell_domain *domain)
{
	bool device = domain->flags & BH_DOMAIN_DEVICE;

	if (domain->variant_count < 1 ||
	    domain->variant_count > (device ? 1 : BH_MAX_VARIANTS))
		return false;
	for (uint32_t i = 0; i < domain->variant_count; i++)
		if (!variant_is_valid(&domain->variants[i], device))
			return false;
	return true;
}

static bool channel_is_valid(const struct bh_channel_info *channel,
                             uint32_t index)
{
	if ((channel->protocol == BH_PROTOCOL_CONTROL) !=
	    (index == BH_CHANNEL_CONTROL))
		return false;
	if (channel->protocol < BH_PROTOCOL_SERVICE)
		return channel->role == BH_ROLE_CLIENT;
	if (channel->protocol > BH_PROTOCOL_VOLUME)
		return false;
	return channel->role <= BH_ROLE_SERVER && channel->credit >= 1 &&
	       channel->credit <= BH_SERVICE_CREDIT_MAX;
}

static bool channels_are_valid(const struct bh_cell_domain *domain)
{
	if (domain->channel_count < 1 ||
	    domain->channel_count > BH_MAX_CHANNELS)
		return false;
	for (uint32_t i = 0; i < domain->channel_count; i++)
		if (!is_name(domain->channels[i].name) ||
		    !channel_is_valid(&domain->channels[i], i))
			return false;
	return true;
}

static bool response_is_valid(const struct bh_cell_domain *domain)
{
	bool restarts = domain->response == BH_RESPONSE_RESTART ||
	                domain->response == BH_RESPONSE_VOTE_RESTART;

	if (domain->past_mib > BH_PAST_MIB_MAX ||
	    (domain->past_mib && domain->response < BH_RESPONSE_VOTE))
		return false;
	if (restarts ? domain->restart_limit < 1 ||
	                       domain->restart_limit > BH_RESTART_LIMIT_MAX ||
	                       domain->restart_window == 0
	             : domain->restart_limit || domain->restart_window)
		return false;
	return domain->response < BH_RESPONSE_VOTE ||
	       (domain->response <= BH_RESPONSE_VOTE_RESTART &&
	        domain->variant_count >= 3);
}

static bool console_is_valid(const struct bh_cell_domain *domain)
{
	const int32_t *output = domain->output_fd;

	for (unsigned i = 0; i < BH_CONSOLE_STREAMS; i++)
		if (!is_fd_or_none(output[i]))
			return false;
	return is_fd_or_none(domain->input_fd) &&
	       (output[BH_CONSOLE_OUTPUT] < 0 ||
	        output[BH_CONSOLE_OUTPUT] != output[BH_CONSOLE_ERROR]);
}

static const char *domain_problem(const struct bh_cell_domain *domain)
{
	if (!is_name(domain->name))
		return "a domain's name is empty or too long";
	if (domain->flags & ~FLAGS)
		return "a domain's flags are unknown";
	if (!response_is_valid(domain))
		return "a domain's response is unknown, or not possible for it";
	if (!buffers_are_valid(domain))
		return "a domain's buffers have an impossible size";
	if (!variants_are_valid(domain))
		return "a domain's variants are not 1 to 8 with descriptors";
	if (!channels_are_valid(domain))
		return "a domain's channel table is malformed";
	if (!console_is_valid(domain))
		return "a domain's console descriptors are impossible";
	return NULL;
}

static const struct bh_channel_info *end_of(const struct bh_cell *config,
                                            uint16_t domain, uint16_t channel)
{
	if (domain >= config->domain_count ||
	    channel >= config->domains[domain].channel_count)
		return NULL;
	return &config->domains[domain].channels[channel];
}

static bool ends_match(const struct bh_channel_info *client,
                       const struct bh_channel_info *server)
{
	return client && server && client->protocol >= BH_PROTOCOL_SERVICE &&
	       client->protocol == server->protocol &&
	       client->role == BH_ROLE_CLIENT &&
	       server->role == BH_ROLE_SERVER &&
	       client->credit == server->credit;
}

/* The protocols of devices promise that the largest payload fits everywhere. */
static bool buffers_suffice(const struct bh_cell *config, uint16_t number,
                            uint16_t channel)
{
	const struct bh_cell_domain *domain = &config->domains[number];
	uint32_t needed = sizeof(struct bh_submission) +
	                  sizeof(struct bh_record) + BH_DEVICE_PAYLOAD_MAX;

	return domain->channels[channel].protocol == BH_PROTOCOL_SERVICE ||
	       (domain->submission_size >= needed &&
	        domain->completion_size >= needed);
}

/* Bit N of uses[D]: channel N of domain D is an end of a connection. */
static bool connections_are_valid(const struct bh_cell *config)
{
	uint32_t uses[BH_MAX_DOMAINS] = {0};

	for (uint32_t i = 0; i < config->connection_count; i++) {
		const struct bh_cell_connection *c = &config->connections[i];
		uint32_t client, server;

		if (!ends_match(end_of(config, c->client_domain,
		                       c->client_channel),
		                end_of(config, c->server_domain,
		                       c->server_channel)) ||
		    !buffers_suffice(config, c->client_domain,
		                     c->client_channel) ||
		    !buffers_suffice(config, c->server_domain,
		                     c->server_channel))
			return false;
		client = UINT32_C(1) << c->client_channel;
		server = UINT32_C(1) << c->server_channel;
		if ((uses[c->client_domain] & client) ||
		    (uses[c->server_domain] & server) ||
		    c->client_domain == c->server_domain)
			return false;
		uses[c->client_domain] |= client;
		uses[c->server_domain] |= server;
	}
	for (uint32_t d = 0; d < config->domain_count; d++)
		for (uint32_t c = 0; c < config->domains[d].channel_count; c++)
			if (config->domains[d].channels[c].protocol >=
			            BH_PROTOCOL_SERVICE &&
			    !(uses[d] & UINT32_C(1) << c))
				return false;
	return true;
}

int config_check(const struct bh_cell *config, const char **problem)
{
	*problem = "the cell's description is of another version";
	if (config->magic != BH_CELL_MAGIC ||
	    config->version >> 16 != BH_ABI_MAJOR ||
	    config->size != sizeof(*config))
		return -EINVAL;
	*problem = "the cell's flags are unknown or it has too many parts";
	if (config->flags & ~(BH_CELL_SEEDED | BH_CELL_TRACE) ||
	    config->reserved || config->domain_count < 1 ||
	    config->domain_count > BH_MAX_DOMAINS ||
	    config->connection_count > BH_MAX_CONNECTIONS)
		return -EINVAL;
	for (uint32_t i = 0; i < config->domain_count; i++) {
		*problem = domain_problem(&config->domains[i]);
		if (*problem)
			return -EINVAL;
	}
	*problem = "a channel between domains does not have two ends, or is "
	           "too large for their buffers";
	return connections_are_valid(config) ? 0 : -EINVAL;
}
